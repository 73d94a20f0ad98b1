"""What stockd says about its settings, without running."""

import os
import socket
import subprocess

from conftest import BIN, environment


def stockd(*arguments, **variables):
    return subprocess.run(
        [os.path.join(BIN, "stockd"), *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_wrong_flag_value_or_variable_is_named_with_exit_code_2():
    for arguments, variables, named in [
        (["--no-such"], {}, "--no-such"),
        (["--audit-pcae", "7"], {}, "Did you mean --audit-pace?"),
        (["--listn=127.0.0.1:0"], {}, "Did you mean --listen?"),
        (["--ttl", "soon"], {}, '--ttl: "soon" is not a duration'),
        ([], {"STOCKD_LISTEN": "nowhere"}, 'STOCKD_LISTEN: "nowhere" is not an address'),
        (["--config", "/nonexistent.toml"], {}, "/nonexistent.toml"),
        (["--config", "/"], {}, "directory"),
        (["--database-url", "postgres://u:p@h:port/db"], {}, "the database is given in a form that cannot be read"),
    ]:
        done = stockd(*arguments, **variables)
        assert done.returncode == 2, done.stderr
        assert named in done.stderr
        assert done.stdout == ""


def test_an_unknown_key_in_the_file_is_named_with_its_line(tmp_path):
    file = tmp_path / "stockd.toml"
    file.write_text("# a comment\nlisten = '127.0.0.1:0'\nlog_levle = 'info'\n")
    done = stockd("--config", str(file))
    assert done.returncode == 2
    assert f"{file}: line 3" in done.stderr and "log_level?" in done.stderr


def test_print_config_masks_the_password():
    done = stockd("--print-config", "--database-url", "postgresql://me:hunter2@db/shop")
    assert done.returncode == 0
    assert 'database_url = "postgresql://me:***@db/shop"' in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_help_and_version_go_to_stdout():
    assert "EXIT STATUS" in stockd("--help").stdout
    assert stockd("--version").stdout.startswith("stockd ")


def test_a_taken_port_is_one_clear_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for variable in ["STOCKD_LISTEN", "STOCKD_ADMIN_LISTEN"]:
            # Known before anything else is begun: no cluster is made.
            done = stockd("--embedded", str(tmp_path / "var"), **{variable: address})
            assert done.returncode == 1
            assert len(done.stderr.splitlines()) == 1
            assert address in done.stderr and "another program uses this port. Hint: " in done.stderr
            assert f"another port with --{variable[7:].lower().replace('_', '-')}." in done.stderr
            assert not (tmp_path / "var").exists()
