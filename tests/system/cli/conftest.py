"""Runs the built stockctl and stockd against databases of their own, in the cluster that psql's variables name."""

import itertools
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import psycopg2
import pytest

BIN = os.environ["STOCKD_TEST_BIN"]
DEADLINE_S = 30
_numbers = itertools.count(1)


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """The condition's first true value; fails the test when it does not come."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    pytest.fail("in vain: " + what)


def connect(database="postgres", user=None):
    connection = psycopg2.connect(dbname=database, **({"user": user} if user else {}))
    connection.autocommit = True
    return connection


class Stockctl:
    """Calls stockctl for one database and one stockd."""

    def __init__(self, database, server=None, admin=None):
        self.database = database
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("STOCKD_")}
        self.environment["PGDATABASE"] = database
        # Port 1 is nobody's: without a stockd of the test, none is to be found by accident.
        self.environment["STOCKCTL_SERVER"] = server or "http://127.0.0.1:1"
        self.environment["STOCKCTL_ADMIN_SERVER"] = admin or "http://127.0.0.1:1"

    def __call__(self, *arguments, **environment):
        return subprocess.run(
            [os.path.join(BIN, "stockctl"), *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def json(self, *arguments, code=0):
        done = self(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [os.path.join(BIN, "stockctl"), *arguments],
            env=self.environment,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options},
        )


def make_database(migrated=True):
    name = f"cli_{os.getpid()}_{next(_numbers)}"
    server = connect()
    with server.cursor() as cursor:
        cursor.execute(f"create database {name}")
    server.close()
    if migrated:
        done = Stockctl(name)("migrate", "--quiet")
        assert done.returncode == 0, done.stderr
    return name


def drop_database(name):
    server = connect()
    with server.cursor() as cursor:
        cursor.execute(f"drop database if exists {name} with (force)")
    server.close()


SHOP = """
insert into inventory.stores (code, name) values ('LON', 'London'), ('PAR', 'Paris');
insert into inventory.products (sku, name, pieces_per_pack, packs_per_box)
values ('A1', 'Apple', 6, 4), ('B/2', 'Bean', 1, 1), ('cache', 'A reserved word', 1, 1);
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select s.store_id, p.product_id, 50 from inventory.stores as s, inventory.products as p where p.sku = 'A1';
"""


class Shop:
    """A migrated database with two stores and three products."""

    def __init__(self):
        self.database = make_database()
        self.connection = connect(self.database)
        self.execute(SHOP)
        self.stockctl = Stockctl(self.database)

    def execute(self, sql, parameters=None):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, parameters=None):
        return self.execute(sql, parameters)[0][0]

    def sell(self, quantity, store="LON", sku="A1"):
        """The ticket of the sale."""
        return self.value(
            """
            with sold as (
                update inventory.inventory_stock as i set on_hand = i.on_hand - %s
                from inventory.stores as s, inventory.products as p
                where s.store_id = i.store_id and p.product_id = i.product_id and s.code = %s and p.sku = %s
                returning 1
            )
            select inventory.ticket() from sold
            """,
            (quantity, store, sku),
        )

    def close(self):
        self.connection.close()
        drop_database(self.database)


@pytest.fixture
def shop():
    made = Shop()
    yield made
    made.close()


@pytest.fixture
def empty_database():
    name = make_database(migrated=False)
    yield name
    drop_database(name)


def free_ports():
    """Two neighbours, as stockd's own defaults are."""
    while True:
        with socket.socket() as probe, socket.socket() as neighbour:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            try:
                neighbour.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port, port + 1


def is_ready(url):
    try:
        with urllib.request.urlopen(url + "/ready", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Stockd:
    """A running daemon."""

    def __init__(self, database, log, until_ready=True):
        port, admin_port = free_ports()
        self.server = f"http://127.0.0.1:{port}"
        self.admin = f"http://127.0.0.1:{admin_port}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STOCKD_")}
        self.log = open(log, "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [
                os.path.join(BIN, "stockd"),
                "--database-url",
                f"dbname={database}",
                "--listen",
                f"127.0.0.1:{port}",
                "--admin-listen",
                f"127.0.0.1:{admin_port}",
            ],
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        if not until_ready:
            return
        end = time.monotonic() + DEADLINE_S
        while self.process.poll() is None and not is_ready(self.admin):
            if time.monotonic() > end:
                break
            time.sleep(0.01)
        if not is_ready(self.admin):
            self.stop()
            with open(log, encoding="utf-8") as said:
                pytest.fail("stockd did not become ready:\n" + said.read()[-4000:])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=DEADLINE_S)
        self.log.close()


@pytest.fixture
def followed(shop, tmp_path):
    """A shop that a stockd follows."""
    daemon = Stockd(shop.database, tmp_path / "stockd.log")
    shop.stockctl = Stockctl(shop.database, daemon.server, daemon.admin)
    shop.stockd = daemon
    yield shop
    daemon.stop()
