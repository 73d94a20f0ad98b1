"""Starts the built stockd on ports that the system chooses, and waits for conditions, never for time."""

import fcntl
import json
import os
import re
import signal
import subprocess
import termios
import time
import urllib.error
import urllib.request
import uuid

import psycopg2
import pytest

BIN = os.environ["STOCKD_TEST_BIN"]
DEADLINE_S = 60
ADDRESSES = re.compile(r"HTTP on (\S+:\d+), admin on (\S+:\d+)")


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """The condition's first true value; fails the test when it does not come."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    pytest.fail("in vain: " + what)


def environment(**variables):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("STOCKD_")}
    return {**clean, "STOCKD_LISTEN": "127.0.0.1:0", "STOCKD_ADMIN_LISTEN": "127.0.0.1:0", **variables}


class Stockd:
    """One running stockd; stderr and stdout go to files, so that nothing blocks on them."""

    def __init__(self, folder, *arguments, prefix=(), terminal=None, program=None, **variables):
        self.folder = folder
        self.out = folder / f"out-{time.monotonic_ns()}"
        self.err = folder / f"err-{time.monotonic_ns()}"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [*prefix, program or os.path.join(BIN, "stockd"), *map(str, arguments)],
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                env=environment(**variables),
                start_new_session=True,
                preexec_fn=None if terminal is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        return self.err.read_text(errors="replace")

    def said(self):
        return self.out.read_text(errors="replace")

    def addresses(self):
        def found():
            if self.process.poll() is not None:
                pytest.fail(f"stockd ended with {self.process.returncode}: {self.log()}")
            return ADDRESSES.search(self.log())

        return wait_for(found, "the addresses in the log").groups()

    def get(self, path, admin=False, timeout=40):
        """Status and text."""
        url = f"http://{self.addresses()[1 if admin else 0]}{path}"
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self):
        status, text = self.get("/ready", admin=True)
        return status == 200, json.loads(text)["reasons"]

    def wait_until_ready(self):
        wait_for(lambda: self.ready()[0], "ready; log: " + self.log())
        return self

    def tell(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        self.tell(number)
        return self.process.wait(timeout=40)


@pytest.fixture(name="database")
def make_database():
    name = "daemon_" + uuid.uuid4().hex[:12]
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    connection.cursor().execute(f"create database {name}")
    connection.close()
    yield name
    # Another connection: a test may have restarted the server.
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    connection.cursor().execute(f"drop database {name} with (force)")
    connection.close()


def migrate(database):
    subprocess.run([os.path.join(BIN, "stockctl"), "migrate", "-q", "-d", database], check=True, timeout=120)


@pytest.fixture(name="migrated")
def make_migrated(database):
    migrate(database)
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("insert into inventory.stores (code, name) values ('S', 'Store')")
        cursor.execute("insert into inventory.products (sku, name) values ('P', 'Product')")
        cursor.execute(
            """insert into inventory.inventory_stock (store_id, product_id, on_hand)
               select store_id, product_id, 10 from inventory.stores, inventory.products"""
        )
    connection.close()
    return database


def start(tmp_path, database, *arguments, **variables):
    return Stockd(tmp_path, *arguments, STOCKD_DATABASE_URL=f"dbname={database}", **variables)


def processes_in(folder):
    """Ids of processes that work in a folder: a PostgreSQL server and its children."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(folder):
                found.append(int(pid))
        except OSError:
            pass
    return found
