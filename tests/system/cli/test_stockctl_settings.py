"""stockctl under settings that a login or a database may have: they change how literals and times read, not what it says or does."""

import csv
import io

import pytest

from conftest import wait_for

# Operators, a function and a type that come before PostgreSQL's own in the path.
TRAP = """
create schema trap;
create function trap.never(bigint, bigint) returns boolean language sql as 'select false';
create function trap.never(text, text) returns boolean language sql as 'select false';
create operator trap.= (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.<= (leftarg = bigint, rightarg = bigint, function = trap.never);
create operator trap.= (leftarg = text, rightarg = text, function = trap.never);
create function trap.coalesce_text(text) returns text language sql as $$ select 'trap' $$;
create domain trap.jsonb as pg_catalog.jsonb check (false);
"""
ODD = {
    "PGOPTIONS": " ".join(
        "-c " + each
        for each in (
            "search_path=trap,pg_catalog",
            "datestyle=SQL,DMY",
            "timezone=Asia/Kolkata",
            "intervalstyle=iso_8601",
            "standard_conforming_strings=off",
            "array_nulls=off",
            "extra_float_digits=0",
            "bytea_output=escape",
            "row_security=off",
            "idle_session_timeout=1000",
            "default_transaction_isolation=serializable",
            "default_transaction_deferrable=on",
        )
    )
}


@pytest.fixture(name="trapped")
def make_trapped(shop):
    shop.execute(TRAP)
    return shop


def exported(stockctl, *arguments):
    done = stockctl("export", *arguments, **ODD)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_what_was_at_a_time_is_exported(trapped):
    at = trapped.value("select now()::text")
    wait_for(lambda: trapped.value("select clock_timestamp() > %s::timestamptz", (at,)), "a later moment")
    trapped.sell(9)
    rows = exported(trapped.stockctl, "stock", "--at", at)
    assert [(row["store"], row["on_hand"]) for row in rows] == [("LON", "50"), ("PAR", "50")]
    assert [row["on_hand"] for row in exported(trapped.stockctl, "stock")] == ["41", "50"]
    # As ISO 8601 writes it, for whoever reads the file.
    assert rows[0]["last_updated"][:4].isdigit() and rows[0]["last_updated"][4] == "-"


def test_the_database_is_read(trapped):
    done = trapped.stockctl("get", "A1", "--db", "--json", **ODD)
    assert done.returncode == 0, done.stderr
    assert '"availableTotal":100' in done.stdout
    for arguments in (("history", "A1", "LON"), ("views", "status"), ("health", "LON")):
        plain, odd = trapped.stockctl(*arguments), trapped.stockctl(*arguments, **ODD)
        assert (odd.returncode, odd.stderr) == (plain.returncode, plain.stderr), arguments
        assert odd.returncode == 0, (arguments, odd.stderr)


def test_a_time_for_connecting_that_is_set_is_kept(shop):
    done = shop.stockctl("health", "LON", "-d", shop.database, PGCONNECT_TIMEOUT="7")
    assert done.returncode == 0, done.stderr


def test_an_empty_field_of_a_file_is_imported_as_none(trapped, tmp_path):
    products = tmp_path / "products.csv"
    products.write_text("sku,name,description,base_price\nP1,,,\nP2,Pear,a pear,1.50\n")
    done = trapped.stockctl("import", "products", str(products), **ODD)
    assert done.returncode == 0, done.stderr
    assert trapped.execute("select sku, name, description, base_price::text from inventory.products where sku like 'P_' order by sku") == [
        ("P1", "P1", None, None), ("P2", "Pear", "a pear", "1.500000"),
    ]


def test_a_database_of_another_encoding_is_refused_before_anything_is_made(request):
    import conftest

    name = "cli_latin1"
    server = conftest.connect()
    with server.cursor() as cursor:
        cursor.execute(f"create database {name} encoding 'LATIN1' locale 'C' template template0")
    server.close()
    request.addfinalizer(lambda: conftest.drop_database(name))
    for arguments in (("migrate",), ("migrate", "--dry-run")):
        done = conftest.Stockctl(name)(*arguments)
        assert done.returncode != 0
        assert "the database's encoding is LATIN1, and stockd needs UTF8" in done.stderr
        assert "encoding 'UTF8' template template0" in done.stderr
    connection = conftest.connect(name)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_namespace where nspname = 'inventory'")
        assert cursor.fetchone()[0] == 0
    connection.close()
