"""stockctl migrate: install, repeat, refuse."""

import pytest
from conftest import Stockctl, connect, drop_database, make_database


def schema_of(database):
    connection = connect(database)
    with connection.cursor() as cursor:
        cursor.execute(
            "select string_agg(relname || coalesce(relacl::text, ''), ',' order by relname)"
            " from pg_class where relnamespace = to_regnamespace('inventory')"
        )
        found = cursor.fetchone()[0]
    connection.close()
    return found


def test_a_dry_run_lists_everything_and_changes_nothing(empty_database):
    stockctl = Stockctl(empty_database)
    done = stockctl("migrate", "--dry-run")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "would apply db/migrations/0001_withhold_functions.sql"
    assert lines[-1] == "would apply db/grants.sql"
    assert schema_of(empty_database) is None
    planned = stockctl.json("migrate", "--dry-run")
    assert planned["dryRun"] is True
    assert len(planned["wouldApply"]) == len(lines)


def test_twice_is_once(empty_database):
    stockctl = Stockctl(empty_database)
    first = stockctl.json("migrate")
    assert first["applied"][0] == "migrations/0001_withhold_functions.sql"
    before = schema_of(empty_database)
    second = stockctl("migrate")
    assert second.returncode == 0
    assert second.stdout == ""
    assert second.stderr == "Nothing to do: the schema is up to date.\n"
    assert schema_of(empty_database) == before
    assert stockctl.json("migrate")["applied"] == []


def test_status_lists_each_file_and_says_whether_it_is_usable(empty_database):
    stockctl = Stockctl(empty_database)
    before = stockctl.json("migrate", "--status", code=12)
    assert before["usable"] is False
    assert {file["state"] for file in before["files"]} == {"missing"}
    assert stockctl("migrate", "--quiet").returncode == 0
    after = stockctl.json("migrate", "--status")
    assert after["usable"] is True
    assert {file["state"] for file in after["files"]} == {"applied"}
    assert after["databaseNumber"] == after["programNumber"] >= 1
    assert all(file["appliedAt"] for file in after["files"])


def test_twenty_at_once_are_harmless(empty_database):
    stockctl = Stockctl(empty_database)
    running = [stockctl.start("migrate", "--json") for _ in range(20)]
    outcomes = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 20, outcomes
    assert sum('"applied":[]' in out for out, _ in outcomes) == 19


@pytest.mark.parametrize(
    "change, said",
    [
        ("update inventory.schema_migration set checksum = 'x' where number = 2", "was edited after it was applied"),
        ("delete from inventory.schema_migration where number = 2", "was never applied"),
        (
            "insert into inventory.schema_migration (number, name, checksum, is_breaking, program_version)"
            " values (9000, '9000_x', 'x', true, '9.9.9')",
            "was never applied",
        ),
        (
            "insert into inventory.schema_migration (number, name, checksum, is_breaking, program_version)"
            " select max(number) + 1, 'later', 'x', true, '9.9.9' from inventory.schema_migration",
            "Install version 9.9.9 or later.",
        ),
    ],
)
def test_what_cannot_be_migrated_is_12_and_says_what_to_do(change, said):
    database = make_database()
    connection = connect(database)
    with connection.cursor() as cursor:
        cursor.execute(change)
    connection.close()
    for command in (["migrate"], ["migrate", "--dry-run"], ["migrate", "--status"]):
        done = Stockctl(database)(*command)
        assert done.returncode == 12
        assert said in done.stderr
        assert "Hint: " in done.stderr
    drop_database(database)


def test_a_newer_compatible_schema_is_left_alone_with_a_warning():
    database = make_database()
    connection = connect(database)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inventory.schema_migration (number, name, checksum, is_breaking, program_version)"
            " select max(number) + 1, 'later', 'x', false, '9.9.9' from inventory.schema_migration"
        )
    connection.close()
    done = Stockctl(database)("migrate")
    assert done.returncode == 0
    assert "is newer than this program" in done.stderr
    drop_database(database)


def test_a_login_with_createrole_is_enough(empty_database):
    server = connect()
    with server.cursor() as cursor:
        cursor.execute("drop role if exists cli_migrator")
        cursor.execute("create role cli_migrator login createrole")
        cursor.execute(f"grant create on database {empty_database} to cli_migrator")
    done = Stockctl(empty_database)("migrate", "-U", "cli_migrator")
    assert done.returncode == 0, done.stderr
    drop_database(empty_database)
    with server.cursor() as cursor:
        cursor.execute("drop role cli_migrator")
    server.close()


def test_roles_alone_can_be_made_before_a_restore(empty_database):
    done = Stockctl(empty_database)("migrate", "--roles-only")
    assert done.returncode == 0
    assert schema_of(empty_database) is None
