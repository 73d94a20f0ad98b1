"""What a running stockd does for its database by itself, with the rights of its role alone."""

import contextlib
import json
import uuid

import psycopg2
import pytest

from conftest import Stockd, wait_for


@pytest.fixture(name="sql")
def make_sql(migrated):
    connection = psycopg2.connect(dbname=migrated)
    connection.autocommit = True

    def run(statement, *values):
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchone()[0] if cursor.description else None

    yield run
    connection.close()


@pytest.fixture(name="daemon_url")
def make_daemon_url(migrated, sql):
    role = "chores_" + uuid.uuid4().hex[:12]
    sql(f"create role {role} login in role inventory_daemon")
    yield f"dbname={migrated} user={role}"
    with contextlib.suppress(psycopg2.Error):
        sql(f"drop role {role}")


def available(stockd):
    return json.loads(stockd.get("/api/inventory/P")[1])["availableTotal"]


def metric(stockd, sample):
    for line in stockd.get("/metrics", admin=True)[1].splitlines():
        if line.startswith(sample + " "):
            return float(line.split()[-1])
    return None


def test_a_reservation_expires_by_itself(tmp_path, sql, daemon_url):
    with Stockd(tmp_path, "--expire-interval", "50ms", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        assert available(stockd) == 10
        ticket = sql("select inventory.must(inventory.reserve_stock('o', 'S', '[{\"sku\": \"P\", \"quantity\": 4}]', '2 seconds')) ->> 'ticket'")
        assert json.loads(stockd.get(f"/api/inventory/P?ticket={ticket}")[1])["availableTotal"] == 6
        wait_for(lambda: available(stockd) == 10, "what was reserved to be available again; log: " + stockd.log())
        assert sql("select state from inventory.stock_holds") == "expired"
        # The copy follows the commit; the relay counts when it has the answer.
        wait_for(lambda: metric(stockd, "stockd_expired_holds_total") == 1, "the metric")
        assert metric(stockd, 'stockd_failed_chores_total{chore="expire"}') == 0
        assert stockd.stop() == 0


def test_what_tills_queued_is_synced_by_itself(tmp_path, sql, daemon_url):
    sql("select inventory.must(inventory.queue_transaction('S', '[{\"sku\": \"P\", \"quantity\": 3}]', 'q1', 'till', actor => 'ana'))")
    sql("select inventory.must(inventory.queue_transaction('S', '[{\"sku\": \"P\", \"quantity\": 99}]', 'q2', 'till'))")
    with Stockd(tmp_path, "--sync-interval", "50ms", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: available(stockd) == 7, "what was queued to be deducted; log: " + stockd.log())
        wait_for(lambda: sql("select count(*) = 0 from inventory.offline_transaction_queue where status = 'pending'"), "an empty queue")
        assert sql("select string_agg(status, ' ' order by queue_id) from inventory.offline_transaction_queue") == "synced insufficient_stock"
        assert sql("select actor from inventory.stock_ledger where kind = 'deduction'") == "ana"
        role = daemon_url.rpartition("=")[2]
        assert sql("select count(*) from inventory.offline_queue_decisions where actor = %s", role) == 2
        wait_for(lambda: metric(stockd, 'stockd_synced_transactions_total{result="needs_approval"}') == 1, "the metric")
        assert metric(stockd, 'stockd_synced_transactions_total{result="synced"}') == 1
        wait_for(lambda: "1 need approval" in stockd.log(), "the log line")
        assert stockd.stop() == 0
