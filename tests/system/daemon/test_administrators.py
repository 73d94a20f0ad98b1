"""What an administrator does to a database, or to a process, under a stockd that works."""

import json
import socket
import subprocess

from conftest import Stockd, wait_for

from test_chores import make_daemon_url, make_sql, metric  # noqa: F401  (fixtures)


def test_a_dump_that_is_restored_in_place_is_served_and_not_what_was_there(tmp_path, sql, migrated):
    dump = tmp_path / "dump"
    subprocess.run(["pg_dump", "-Fc", "-f", str(dump), migrated], check=True, timeout=120)
    with Stockd(tmp_path, STOCKD_DATABASE_URL=f"dbname={migrated}") as stockd:
        stockd.wait_until_ready()
        sql("update inventory.inventory_stock set on_hand = 3")
        wait_for(lambda: json.loads(stockd.get("/api/inventory/P")[1])["availableTotal"] == 3, "the sale")
        subprocess.run(
            ["pg_restore", "--exit-on-error", "--clean", "--if-exists", "--single-transaction", "-d", migrated, str(dump)], check=True, timeout=120
        )
        # Who brings a ticket from after the restore gets what was restored, never what was there.
        ticket = sql("select pg_current_xact_id()::text")
        def answered():
            status, body = stockd.get(f"/api/inventory/P?ticket={ticket}")
            assert status != 200 or json.loads(body)["availableTotal"] == 10, stockd.log()
            assert status in (200, 409, 503, 504), body  # who waits while the incarnation changes is told so
            return status == 200

        wait_for(answered, "an answer")
        assert metric(stockd, 'stockd_loads_total{reason="incarnation"}') == 1
        assert metric(stockd, "stockd_drift_total") == 0
        sql("update inventory.inventory_stock set on_hand = 4")
        wait_for(lambda: json.loads(stockd.get("/api/inventory/P")[1])["availableTotal"] == 4, "a sale after it")
        assert stockd.stop() == 0


def many_connections(stockd, count):
    host, port = stockd.addresses()[0].rsplit(":", 1)
    return [socket.create_connection((host, int(port)), timeout=10) for _ in range(count)]


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be(tmp_path, migrated):
    prefix = ("prlimit", "--nofile=64:2048")
    with Stockd(tmp_path, "--connections-max", "400", "--web-threads", "2", prefix=prefix, STOCKD_DATABASE_URL=f"dbname={migrated}") as stockd:
        stockd.wait_until_ready()
        held = many_connections(stockd, 300)
        assert stockd.get("/api/inventory/P")[0] == 200
        assert "limit of open files" not in stockd.log()
        for each in held:
            each.close()
        assert stockd.stop() == 0


def test_connections_leave_files_for_the_database_and_for_who_asks_how_it_is(tmp_path, sql, migrated):
    prefix = ("prlimit", "--nofile=164:164")
    with Stockd(tmp_path, "--web-threads", "2", prefix=prefix, STOCKD_DATABASE_URL=f"dbname={migrated}") as stockd:
        stockd.wait_until_ready()
        assert "at most 69 connections, not 10000: the limit of open files is too low" in stockd.log()
        held = many_connections(stockd, 200)
        # stockd loses its sessions, and gets new ones, while they stay.
        sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like '% drain'")
        wait_for(lambda: metric(stockd, 'stockd_state_changes_total{to="live"}') == 2, "another session; log: " + stockd.log())
        wait_for(lambda: stockd.get("/ready", admin=True)[0] == 200, "readiness; log: " + stockd.log())
        for each in held:
            each.close()
        assert stockd.stop() == 0
