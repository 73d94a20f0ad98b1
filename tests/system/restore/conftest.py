"""Databases with the schema, in the cluster that psql's variables name (which must have wal_level = logical)."""

import itertools
import os
import pathlib
import re
import subprocess
import time

import psycopg2
import pytest

BIN = os.environ["STOCKD_TEST_BIN"]
HERE = os.path.dirname(os.path.abspath(__file__))
PREPARE = os.path.join(HERE, "..", "..", "sql", "prepare.sql")
PAGE = pathlib.Path(HERE).parents[2] / "docs" / "how-to" / "replication-and-restore.md"
DEADLINE_S = 60
_numbers = itertools.count(1)


def run(*command, **environment):
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


class Database:
    def __init__(self, name):
        self.name = name
        self._connections = {}

    def connection(self, user=None):
        if user not in self._connections:
            made = psycopg2.connect(dbname=self.name, **({"user": user} if user else {}))
            made.autocommit = True
            self._connections[user] = made
        return self._connections[user]

    def rows(self, sql, *values, user=None):
        with self.connection(user).cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, *values, user=None):
        return self.rows(sql, *values, user=user)[0][0]

    def refused(self, sql, *values, user=None):
        """The SQLSTATE with which a statement is refused."""
        with pytest.raises(psycopg2.Error) as caught:
            self.rows(sql, *values, user=user)
        return caught.value.pgcode

    def migrate(self):
        run(os.path.join(BIN, "stockctl"), "migrate", "--quiet", PGDATABASE=self.name)
        return self

    def contradictions(self):
        """What contradicts: on_hand = sum of movements, dense versions."""
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", PREPARE, PGDATABASE=self.name)
        return [row[0] for row in self.rows("select test.contradictions()")]

    def position(self):
        return self.value("select inventory.position()")

    def news(self, position):
        return self.rows(
            "select source, type, store, sku, on_hand_after, version from inventory.feed_after(%s, 100000)", position
        )

    def content(self):
        """Everything that a copy must have, without what is this database's own (xid, rung)."""
        return {
            "stock": self.rows(
                "select store_id, product_id, on_hand, reserved, available, low_stock_threshold, allow_negative, version,"
                " updated_at, keeps_lots from inventory.inventory_stock order by 1, 2"
            ),
            "ledger": self.rows(
                "select movement_id, store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,"
                " reserved_after, version, reason, reference, actor, correlation_id, occurred_at, recorded_at, document_id"
                " from inventory.stock_ledger order by 1"
            ),
            "events": self.rows(
                "select event_seq, event_id, type, store_id, product_id, changes::text, actor, correlation_id, recorded_at"
                " from inventory.inventory_event order by 1"
            ),
            "units": self.rows("select * from inventory.units order by 1"),
            "remainders": self.rows("select * from inventory.stock_remainders order by 1, 2"),
            "steps": self.rows("select * from inventory.stock_remainder_steps order by 1, 2, 3"),
            "keys": self.rows("select * from inventory.inventory_deduction_idempotency order by 1, 2, 3"),
            "documents": self.rows("select * from inventory.stock_documents order by 1"),
            "lines": self.rows("select * from inventory.stock_document_lines order by 1, 2"),
            "reservations": self.rows("select * from inventory.stock_reservations order by 1"),
            "holds": self.rows("select * from inventory.stock_holds order by 1"),
            "refusals": self.rows("select * from inventory.operation_refusals order by 1"),
            "recipes": self.rows("select * from inventory.recipes order by 1"),
            "ingredients": self.rows("select * from inventory.recipe_ingredients order by 1, 2, 3"),
            "mappings": self.rows("select * from inventory.conversion_mappings order by 1, 2, 3"),
            "deductions": self.rows("select * from inventory.inventory_deductions order by 1, 2"),
            "parts": self.rows("select * from inventory.inventory_deduction_parts order by 1, 2, 3"),
            "compensations": self.rows("select * from inventory.inventory_compensation_log order by 1, 2, 3"),
            "policies": self.rows("select * from inventory.lot_policies order by 1"),
            "lots": self.rows("select * from inventory.stock_lots order by 1"),
            "entries": self.rows("select * from inventory.stock_lot_entries order by 1"),
            "queue": self.rows("select * from inventory.offline_transaction_queue order by 1"),
            "decisions": self.rows("select * from inventory.offline_queue_decisions order by 1"),
            "findings": self.rows("select * from inventory.stock_findings order by 1"),
            "verified": self.rows("select * from inventory.stock_verified order by 1, 2"),
            "kept": self.rows("select * from inventory.stock_version_kept order by 1, 2"),
            "products": self.rows("select * from inventory.products order by 1"),
            "stores": self.rows("select * from inventory.stores order by 1"),
        }

    def close(self):
        for made in self._connections.values():
            made.close()
        self._connections = {}


@pytest.fixture
def databases():
    """Makes databases, and takes them away."""
    made = []

    def make(migrated=True):
        database = Database(f"restore_{os.getpid()}_{next(_numbers)}")
        run("createdb", "--template=template0", database.name)
        made.append(database)
        return database.migrate() if migrated else database

    yield make
    for database in made:
        database.close()
        for (subscription,) in database.rows(
            "select subname from pg_subscription as s join pg_database as d on d.oid = s.subdbid"
            " where d.datname = current_database()"
        ):
            database.rows(f"alter subscription {subscription} disable")
            database.rows(f"alter subscription {subscription} set (slot_name = none)")
            database.rows(f"drop subscription {subscription}")
        database.close()
    for database in made:
        maintenance = Database("postgres")
        for (slot,) in maintenance.rows("select slot_name from pg_replication_slots where database = %s", database.name):
            wait_for(
                lambda name=slot: not maintenance.value("select active from pg_replication_slots where slot_name = %s", name),
                "the slot to be let go",
            )
            maintenance.rows("select pg_drop_replication_slot(%s)", slot)
        maintenance.close()
        run("dropdb", "--force", database.name)


def page_sql(part):
    """The one block of SQL of docs/how-to/replication-and-restore.md that has this in it."""
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if part in block]
    return found


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("in vain: waited for " + what)


def fill(database):
    """A life of stock by every way in."""
    database.rows(
        """
        insert into inventory.stores (code, name) values ('a', 'A'), ('b', 'B');
        insert into inventory.products (sku, name) select 'p' || n, 'P' from generate_series(1, 5) as n;
        select inventory.set_lot_policy('p4', 'fifo');
        insert into inventory.inventory_stock (store_id, product_id, on_hand)
        select s.store_id, p.product_id, 10 from inventory.stores as s, inventory.products as p where p.sku <> 'p5';
        update inventory.inventory_stock set on_hand = on_hand + 1;
        update inventory.inventory_stock set low_stock_threshold = 5 where store_id = 1;
        insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
        select s.store_id, p.product_id, 'purchase', n
        from inventory.stores as s, inventory.products as p, generate_series(1, 3) as n;
        delete from inventory.inventory_stock where product_id = 1;
        insert into inventory.inventory_stock (store_id, product_id, on_hand) values (1, 1, 7);
        update inventory.products set base_price = 2.5 where sku = 'p2';
        """
    )
