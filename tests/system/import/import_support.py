"""What the tests of stockctl import share: a fresh migrated database per test, and the built stockctl."""

import json
import os
import signal
import subprocess
import time
import uuid

import psycopg2

BIN = os.environ["STOCKD_TEST_BIN"]
STOCKCTL = os.path.join(BIN, "stockctl")
TEMPLATE = "import_template"


def connect(name="postgres"):
    connection = psycopg2.connect(dbname=name)
    connection.autocommit = True
    return connection


def stockctl(*arguments, timeout=300, **kwargs):
    return subprocess.run(
        [STOCKCTL, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, check=False, **kwargs
    )


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def reasons(summary):
    return {reject["line"]: reject["reason"] for reject in summary["rejects"]}


def kill_at(database, arguments, line_counts):
    """Runs stockctl once for each count and kills it (kill -9) when the file has so many lines applied. How often that came to pass."""
    kills = 0
    for target in line_counts:
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if database.value("select coalesce(sum(line_count), 0) from inventory.import_batches") >= target:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                break
    return kills


def make_template():
    """Migrates once; databases are then copied from it."""
    with connect().cursor() as cursor:
        cursor.execute("select from pg_database where datname = %s", (TEMPLATE,))
        if cursor.fetchone() is not None:
            return
        cursor.execute(f'create database "{TEMPLATE}"')
    done = stockctl("migrate", "-q", "-d", TEMPLATE)
    assert done.returncode == 0, done.stderr


class Database:
    """A database of its own. Use as a context."""

    def __enter__(self):
        make_template()
        self.name = "import_" + uuid.uuid4().hex[:12]
        with connect().cursor() as cursor:
            cursor.execute(f'create database "{self.name}" template "{TEMPLATE}"')
        self.connection = connect(self.name)
        return self

    def __exit__(self, *_):
        self.connection.close()
        with connect().cursor() as cursor:
            cursor.execute(f'drop database "{self.name}" with (force)')

    def rows(self, sql, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def run(self, *arguments, **kwargs):
        return stockctl("import", *arguments, "-d", self.name, **kwargs)

    def summary(self, *arguments, code=0):
        done = self.run(*arguments, "--json")
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def stock(self):
        return {
            (store, sku): (on_hand, version)
            for store, sku, on_hand, version in self.rows(
                "select s.code, p.sku, i.on_hand, i.version from inventory.inventory_stock as i "
                "join inventory.stores as s using (store_id) join inventory.products as p using (product_id)"
            )
        }

    def check_exact(self):
        """Ledger = stock, dense versions, running balances, nothing left in the stage."""
        wrong = self.rows(
            """
            select l.store_id, l.product_id from (
                select store_id, product_id, on_hand_delta, on_hand_after, version,
                    sum(on_hand_delta) over running as sum, row_number() over running as number
                from inventory.stock_ledger
                window running as (partition by store_id, product_id order by version)
            ) as l where l.sum <> l.on_hand_after or l.number <> l.version
            union all
            select i.store_id, i.product_id from inventory.inventory_stock as i
            left join (
                select store_id, product_id, sum(on_hand_delta) as sum, max(version) as version
                from inventory.stock_ledger group by 1, 2
            ) as l using (store_id, product_id)
            where i.on_hand is distinct from l.sum or i.version is distinct from l.version
            limit 5
            """
        )
        assert wrong == []
        assert self.value("select count(*) from inventory.import_staging") == 0
