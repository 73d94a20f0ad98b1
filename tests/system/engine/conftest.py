"""What the tests of the engine share: a shop of its own per test, and clients that really run at once."""

import itertools
import os
import pathlib
import subprocess
import threading
import time

import psycopg2
import psycopg2.extras
import pytest

PREPARE = pathlib.Path(__file__).resolve().parents[2] / "sql" / "prepare.sql"
_numbers = itertools.count(1)


def pytest_configure(config):
    config.addinivalue_line("markers", "sessions: looks at the server's session of each client, which a pooler does not keep")


def pytest_collection_modifyitems(items):
    if "STOCKD_TEST_POOLER" in os.environ:
        for item in items:
            if item.get_closest_marker("sessions"):
                item.add_marker(pytest.mark.skip(reason="a pooler keeps no session of its own for each client"))


def connect(pooled=True):
    """A client of the database, through the pooler where there is one. Who sets something for the session must not be pooled."""
    connection = psycopg2.connect(dbname=os.environ["PGDATABASE"], host=os.environ.get("STOCKD_TEST_POOLER") if pooled else None)
    connection.autocommit = True
    return connection


def rows(connection, sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def value(connection, sql, *values):
    return rows(connection, sql, *values)[0][0]


@pytest.fixture(scope="session", autouse=True)
def prepared():
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(PREPARE)], check=True, capture_output=True)


class Shop:
    """A store and products of its own, named by the test's number."""

    def __init__(self, products):
        number = next(_numbers)
        self.store = f"s{number}"
        self.skus = [f"s{number}-p{i}" for i in range(products)]
        self.connection = connect()
        self.store_id = value(self.connection, "insert into inventory.stores (code, name) values (%s, '') returning store_id", self.store)
        self.product_ids = [
            value(self.connection, "insert into inventory.products (sku, name) values (%s, '') returning product_id", sku) for sku in self.skus
        ]
        self.deadlocks_before = self.deadlocks()

    def deadlocks(self):
        """Those that the server counted; a backend reports them when it is done or idle."""
        return value(self.connection, "select deadlocks from pg_stat_database where datname = current_database()")

    def receive(self, quantity):
        for sku in self.skus:
            call(self.connection, "receive_purchase", self.store, [(sku, quantity)])

    def on_hand(self, place=0):
        return self.on_hand_seen_by(self.connection, place)

    def on_hand_seen_by(self, connection, place=0):
        return value(
            connection, "select on_hand from inventory.inventory_stock where store_id = %s and product_id = %s",
            self.store_id, self.product_ids[place],
        )

    def contradictions(self):
        return rows(self.connection, "select test.contradictions() union all select test.reservation_contradictions() union all select test.lot_contradictions()")


@pytest.fixture
def shop():
    made = []

    def make(products=1):
        made.append(Shop(products))
        return made[-1]

    yield make
    for each in made:
        assert each.contradictions() == []
        each.connection.close()


def call(connection, operation, store, lines, **arguments):
    """Calls an operation; lines are (sku, quantity)."""
    named = "".join(f", {name} => %s" for name in arguments)
    built = psycopg2.extras.Json([{"sku": sku, "quantity": quantity} for sku, quantity in lines])
    return value(connection, f"select inventory.{operation}(%s, %s{named})", store, built, *arguments.values())


def at_once(count, work):
    """Runs work(number, connection) in that many clients, which start together. Returns what each returned, or its error."""
    barrier = threading.Barrier(count)
    results = [None] * count

    def run(number):
        connection = connect()
        try:
            barrier.wait(timeout=60)
            results[number] = work(number, connection)
        except (psycopg2.Error, AssertionError) as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return results


def all_answered(results):
    """What at_once() returned, when no client met an error."""
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


WAIT_S = float(os.environ.get("STOCKD_TEST_WAIT_S", "30"))


def wait_until(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def is_waiting(connection, pid):
    """Whether a backend waits for another one's lock."""
    return value(connection, "select cardinality(pg_blocking_pids(%s)) > 0", pid)
