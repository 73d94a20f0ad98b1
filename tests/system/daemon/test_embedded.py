"""stockd --embedded: a database of its own, from nothing, again, and after every kind of kill."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import BIN, Stockd, processes_in, wait_for

SAMPLE = {
    "stores.csv": "code,name\nMAIN,Main Street\n",
    "products.csv": "sku,name\nTEA,Tea\nJAM,Jam\n",
    "opening.csv": "store,sku,quantity\nMAIN,TEA,40\nMAIN,JAM,7\n",
}
MANIFEST = {
    "imports": [
        {"target": "stores", "file": "stores.csv"},
        {"target": "products", "file": "products.csv"},
        {"target": "movements", "file": "opening.csv", "set": {"kind": "opening", "reason": "test"}},
    ]
}


@pytest.fixture(name="folder")
def make_folder():
    # Not pytest's own, which only its user may enter: the server runs as another user when we are root.
    folder = Path(tempfile.mkdtemp(prefix="stockd-embedded-"))
    folder.chmod(0o755)
    yield folder
    for pid in processes_in(folder / "var/data"):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def write_sample(folder):
    sample = folder / "sample"
    sample.mkdir()
    for name, text in SAMPLE.items():
        (sample / name).write_text(text)
    (sample / "manifest.json").write_text(json.dumps(MANIFEST))
    return sample


def start(folder, *arguments, **options):
    return Stockd(folder, "--embedded", folder / "var", *arguments, **options)


def gone(folder):
    return not processes_in(folder / "var/data")


def on_hand(stockd, sku):
    return json.loads(stockd.get(f"/api/inventory/{sku}")[1])["totalPieces"]


def test_first_start_imports_the_sample_and_says_what_to_try(folder):
    sample = write_sample(folder)
    with start(folder, "--sample", sample) as stockd:
        stockd.wait_until_ready()
        assert on_hand(stockd, "TEA") == 40
        said = wait_for(lambda: "psql" in stockd.said() and stockd.said(), "what to try")
        assert f"http://{stockd.addresses()[0]}/api/inventory/TEA?store=MAIN" in said
        # The psql line works as it is printed, and the change arrives.
        line = next(line for line in said.split("\n\n") if line.strip().startswith("psql"))
        subprocess.run(["sh", "-c", line], check=True, timeout=30, capture_output=True)
        wait_for(lambda: on_hand(stockd, "TEA") == 39, "the change made in psql")
        assert stockd.stop(signal.SIGINT) == 0
        assert gone(folder)
    # The second start keeps what is there and imports nothing again.
    with start(folder, "--sample", sample) as stockd:
        stockd.wait_until_ready()
        assert on_hand(stockd, "TEA") == 39
        assert "Importing" not in stockd.said()
        assert stockd.stop() == 0
        assert gone(folder)


def test_a_cluster_in_use_is_not_mixed_with_the_sample(folder):
    with start(folder) as stockd:
        stockd.wait_until_ready()
        assert stockd.stop() == 0
    with start(folder, "--sample", write_sample(folder)) as stockd:
        stockd.wait_until_ready()
        assert stockd.get("/api/inventory/TEA")[0] == 404
        assert "it is not imported" in stockd.said() and "Importing" not in stockd.said()
        assert stockd.stop() == 0


def test_a_sample_that_was_refused_can_be_imported_at_the_next_start(folder):
    sample = write_sample(folder)
    manifest = (sample / "manifest.json").read_text()
    (sample / "manifest.json").write_text(manifest.replace("opening.csv", "missing.csv"))
    with start(folder, "--sample", sample) as stockd:
        assert stockd.process.wait(timeout=60) != 0
        assert "stockctl import failed" in stockd.log() and "missing.csv" in stockd.log()
    (sample / "manifest.json").write_text(manifest)
    with start(folder, "--sample", os.path.relpath(sample)) as stockd:
        stockd.wait_until_ready()
        assert on_hand(stockd, "TEA") == 40
        assert stockd.stop() == 0


def test_a_stockd_without_a_stockctl_beside_it_says_what_is_missing(folder):
    sample = write_sample(folder)
    shutil.copy(os.path.join(BIN, "stockd"), folder)
    with start(folder, "--sample", sample, program=folder / "stockd") as stockd:
        assert stockd.process.wait(timeout=60) != 0
        assert f"there is no program {folder / 'stockctl'}" in stockd.log()


def test_a_directory_with_something_else_in_it_is_refused(folder):
    (folder / "var").mkdir()
    (folder / "var/hosts").write_text("somebody's")
    with start(folder) as stockd:
        assert stockd.process.wait(timeout=60) == 2
        assert f"{folder}/var is in use for something else: there is hosts in it. Hint: " in stockd.log()
    assert os.listdir(folder / "var") == ["hosts"]


def test_a_kill_leaves_no_server_behind_and_the_next_start_works(folder):
    with start(folder) as stockd:
        stockd.wait_until_ready()
        stockd.process.kill()
        stockd.process.wait()
        wait_for(lambda: gone(folder), "the server ends with stockd")
    with start(folder) as stockd:
        stockd.wait_until_ready()
        # Everything at once, as when the machine's memory runs out.
        for pid in [stockd.process.pid, *processes_in(folder / "var/data")]:
            with contextlib.suppress(ProcessLookupError):  # a worker that came to its own end
                os.kill(pid, signal.SIGKILL)
        stockd.process.wait()
    assert (folder / "var/data/postmaster.pid").exists()
    with start(folder) as stockd:
        stockd.wait_until_ready()
        assert stockd.stop() == 0


def test_a_closed_terminal_leaves_no_process_behind(folder):
    ours, its = os.openpty()
    with start(folder, terminal=its) as stockd:
        os.close(its)
        stockd.wait_until_ready()
        # With the terminal there, it is the usual request to read the settings again.
        stockd.tell(signal.SIGHUP)
        wait_for(lambda: "settings were read again" in stockd.log(), "settings read again")
        os.close(ours)
        assert stockd.process.wait(timeout=40) == 0
        assert gone(folder)


def test_a_stale_pid_file_with_somebody_elses_pid_does_not_stop_the_start(folder):
    with start(folder) as stockd:
        stockd.wait_until_ready()
        assert stockd.stop() == 0
    (folder / "var/data/postmaster.pid").write_text(f"{os.getpid()}\n/nowhere\n0\n5432\n/nowhere\n\n0 0\nready\n")
    (folder / "var/socket/.s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with start(folder) as stockd:
        stockd.wait_until_ready()
        assert stockd.stop() == 0


def test_a_second_stockd_on_the_same_directory_is_refused(folder):
    with start(folder) as stockd:
        stockd.wait_until_ready()
        with start(folder) as second:
            assert second.process.wait(timeout=30) == 1
            assert "in use by another process" in second.log()
            assert str(stockd.process.pid) in second.log()
        assert stockd.ready()[0]
        assert stockd.stop() == 0


def test_the_servers_end_is_stockds_end(folder):
    with start(folder) as stockd:
        stockd.wait_until_ready()
        postmaster = int((folder / "var/data/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        assert stockd.process.wait(timeout=30) == 11
        assert "private PostgreSQL server has ended" in stockd.log()


@pytest.mark.parametrize("name", ["n" * 120, "it's, odd"])
def test_a_path_that_no_socket_can_have_works(folder, name):
    odd = folder / name
    with Stockd(folder, "--embedded", odd) as stockd:
        stockd.wait_until_ready()
        sockets = Path(stockd.said().split("it is in ")[1].split(".\n")[0])
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert stockd.stop() == 0
        assert not sockets.exists()


def test_only_its_owner_and_root_may_use_the_socket(folder):
    with start(folder) as stockd:
        stockd.wait_until_ready()
        assert (folder / "var/socket").stat().st_mode & 0o777 == 0o700
        assert (folder / "var/socket/.s.PGSQL.5432").stat().st_mode & 0o777 == 0o700
        config = (folder / "var/data/pg_hba.conf").read_text()
        rules = [line.split() for line in config.splitlines() if line and not line.startswith("#")]
        assert all(rule[-1] == "reject" for rule in rules if rule[0] == "host")
        assert stockd.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_do_the_same(folder):
    nobody = pwd.getpwnam("nobody")
    as_nobody = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]
    reachable = subprocess.run([*as_nobody, "test", "-x", os.path.join(BIN, "stockd")], check=False)
    if reachable.returncode != 0:
        pytest.skip("the build directory is not open to other users")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with start(folder, prefix=as_nobody) as stockd:
        stockd.wait_until_ready()
        assert (folder / "var/data").stat().st_uid == nobody.pw_uid
        assert stockd.stop(signal.SIGINT) == 0
        assert gone(folder)
    # Root may go on with it, and runs the server as its owner.
    with start(folder) as stockd:
        stockd.wait_until_ready()
        assert (folder / "var/data/postmaster.pid").stat().st_uid == nobody.pw_uid
        assert stockd.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's directories are closed to the server's user")
def test_root_in_a_directory_that_the_server_cannot_reach(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with Stockd(folder, "--embedded", closed / "var") as stockd:
        stockd.wait_until_ready()
        assert "the database lives in /var/lib/stockd/" in stockd.said()
        elsewhere = Path(stockd.said().split("the database lives in ")[1].split(".\n")[0])
        assert stockd.stop() == 0
        shutil.rmtree(elsewhere)
