"""What every command has in common: help, usage errors, where the database is, exit codes."""

import json
import socket

import pytest
from conftest import Stockctl

COMMANDS = [
    "migrate", "import", "status", "get", "watch", "verify", "receive", "sell", "return", "adjust", "set", "reserve", "unreserve", "deduct",
    "compensate", "queue", "health", "metrics", "views", "history", "export", "bench",
]  # fmt: skip


@pytest.fixture
def stockctl():
    return Stockctl("no_such_database")


def test_help_lists_the_commands_and_ends_with_the_exit_codes(stockctl):
    done = stockctl("--help")
    assert done.returncode == 0
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert done.stdout.rstrip().splitlines()[-1].split()[0] == "130"
    assert "EXIT STATUS" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_examples_and_exit_codes(stockctl, command):
    done = stockctl(command, "--help")
    assert done.returncode == 0
    examples, _, codes = done.stdout.partition("EXIT STATUS\n")
    assert f"stockctl {command}" in examples.partition("Examples:")[2]
    numbers = [int(line.split()[0]) for line in codes.splitlines() if line]
    assert numbers == sorted(numbers)
    assert {0, 2, 11} <= set(numbers)


def test_version_is_said(stockctl):
    done = stockctl("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("stockctl ")


def test_what_cannot_be_imported_is_named(stockctl):
    done = stockctl("import", "nonsense", "x.csv")
    assert done.returncode == 2
    assert 'takes products, stores, stock, movements, mappings, recipes, lots or sample, not "nonsense".' in done.stderr
    done = stockctl("import", "nonsense", "x.csv", "--json")
    assert 'not "nonsense"' in json.loads(done.stderr)["error"]["message"]


@pytest.mark.parametrize("arguments", [["get", "--bogus"], ["get", "--bogus=7", "A1"], ["import", "--bogus"], ["import", "stock", "--bogus"], ["--bogus", "get"]])
def test_an_unknown_option_is_named(stockctl, arguments):
    done = stockctl(*arguments)
    assert done.returncode == 2
    assert "--bogus" in done.stderr and done.stderr.count("\n") <= 2
    done = stockctl(*arguments, "--json")
    assert "--bogus" in json.loads(done.stderr)["error"]["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["status", "--nonsense"],
        ["get"],
        ["migrate", "--dry-run", "--status"],
        ["migrate", "--timeout", "soon"],
        ["migrate", "--timeout", "-1"],
        ["bench", "--connections", "0"],
        ["bench", "--updates", "99999999999999999999"],
        ["get", "A1", "--db", "--ticket", "7"],
        ["get", "A1", "--server", "https://127.0.0.1"],
        ["status", "-d", "postgresql://[broken"],
    ],
)
def test_wrong_usage_is_said_on_stderr_with_2(stockctl, arguments):
    done = stockctl(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip()


@pytest.mark.parametrize("command", [["migrate"], ["status"], ["get", "A1", "--db"], ["watch"], ["verify"], ["bench"]])
def test_a_database_that_is_not_there_is_11(stockctl, command):
    done = stockctl(*command)
    assert done.returncode == 11
    assert "no_such_database" in done.stderr
    assert "Hint: " in done.stderr


def test_a_server_that_takes_connections_and_never_answers_is_11_and_not_waited_for_without_end(stockctl):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        done = stockctl("sell", "LON", "A1=1", "-d", f"postgresql://u@127.0.0.1:{port}/shop")
    assert done.returncode == 11
    assert "timeout expired" in done.stderr


def test_the_database_is_taken_from_options_then_url_then_psqls_variables(stockctl):
    assert "from_option" in stockctl("verify", "-d", "from_option", STOCKD_DATABASE_URL="postgresql:///from_url").stderr
    assert "from_url" in stockctl("verify", STOCKD_DATABASE_URL="postgresql:///from_url").stderr
    assert "from_libpq" in stockctl("verify", PGDATABASE="from_libpq").stderr


def test_no_password_is_repeated(stockctl):
    for url in ["postgresql://me:s3cret@[broken", "postgresql://me:s3cret@127.0.0.1:1/x", "password=s3cret host=127.0.0.1 port=1"]:
        done = stockctl("verify", "-d", url)
        assert done.returncode in (2, 11)
        assert "s3cret" not in done.stdout + done.stderr


def test_an_error_is_json_when_json_is_asked(stockctl):
    done = stockctl("verify", "--json")
    assert done.returncode == 11
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "unavailable"
    assert "no_such_database" in error["message"]


def test_global_options_stand_before_or_after_the_command(stockctl):
    assert "first" in stockctl("-d", "first", "verify").stderr
    assert "second" in stockctl("verify", "-d", "second").stderr


@pytest.mark.parametrize("command", [["status"], ["watch"], ["verify"], ["bench"]])
def test_a_database_without_the_schema_is_12_and_names_the_command(empty_database, command):
    done = Stockctl(empty_database)(*command)
    assert done.returncode == 12
    assert "stockctl migrate" in done.stderr


@pytest.mark.parametrize("arguments", [("nope", "--json"), ("get", "--json"), ("--json", "watch", "--count", "x")])
def test_wrong_usage_is_json_too(stockctl, arguments):
    done = stockctl(*arguments)
    assert done.returncode == 2
    assert json.loads(done.stderr)["error"]["code"] == "invalid_argument"


@pytest.mark.parametrize("arguments", [("-p", "abc"), ("-p", "99999"), ("-d", "postgresql://u:s3cret@h:port/db")])
def test_an_address_that_cannot_be_read_is_wrong_usage(stockctl, arguments):
    done = stockctl("status", *arguments)
    assert done.returncode == 2
    assert "port" in done.stderr
    assert "s3cret" not in done.stderr
