"""A running stockd on a database: schema, signals, systemd, metrics."""

import json
import os
import signal
import socket
import subprocess
import threading
import urllib.request

import psycopg2

from conftest import Stockd, migrate, start, wait_for


def test_a_database_without_the_schema_is_refused_until_it_is_migrated(tmp_path, database):
    with start(tmp_path, database) as stockd:
        wait_for(lambda: "stockctl migrate" in stockd.log(), "the command that mends it in the log")
        assert "no schema inventory" in stockd.log()
        # The log may be a moment ahead of the reasons.
        wait_for(lambda: "schema" in (stockd.ready()[1] or []), "the schema among the reasons")
        assert not stockd.ready()[0]
        assert stockd.get("/live", admin=True)[0] == 200
        code, text = stockd.get("/api/inventory/P")
        answer = json.loads(text)
        assert code == 503 and answer["code"] == "unavailable"
        assert answer["error"] == "the database's schema cannot be used"
        assert "stockctl migrate" in answer["hint"] and "stockctl migrate" not in answer["detail"]
        # Nothing was ever loaded: it has no age, in no form.
        assert json.loads(stockd.get("/status", admin=True)[1])["ageMs"] is None
        assert "\nstockd_cache_age_seconds" not in stockd.get("/metrics", admin=True)[1]
        with urllib.request.urlopen(f"http://{stockd.addresses()[0]}/api/inventory/cache", timeout=40) as statistics:
            assert statistics.headers["Stockd-Age-Ms"] is None
            assert statistics.headers["Stockd-Position"] == "none"
        migrate(database)
        stockd.wait_until_ready()
        assert stockd.stop() == 0


def test_an_edited_schema_is_refused(tmp_path, migrated):
    connection = psycopg2.connect(dbname=migrated)
    connection.autocommit = True
    connection.cursor().execute("update inventory.schema_migration set checksum = 'x' where number = 1")
    connection.close()
    with start(tmp_path, migrated) as stockd:
        wait_for(lambda: "schema" in stockd.ready()[1], "not ready because of the schema")
        assert stockd.stop() == 0


def test_a_request_in_flight_is_answered_when_told_to_stop(tmp_path, migrated):
    with start(tmp_path, migrated) as stockd:
        stockd.wait_until_ready()
        writer = psycopg2.connect(dbname=migrated)
        with writer.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()::text")  # an open transaction: the wait cannot end
            (ticket,) = cursor.fetchone()
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(stockd.get(f"/api/inventory/P?ticket={ticket}&wait_ms=2000"))
        )
        thread.start()
        waiting = "stockd_waiting_requests 1\n"
        wait_for(lambda: waiting in stockd.get("/metrics", admin=True)[1], "the request waits")
        stockd.tell(signal.SIGTERM)
        assert stockd.process.wait(timeout=8) == 0
        thread.join()
        assert answers[0][0] in (503, 504), answers
        writer.close()


def test_hup_rereads_log_level_and_keeps_what_takes_a_restart(tmp_path, migrated):
    settings = tmp_path / "stockd.toml"
    settings.write_text("log_level = 'info'\n")
    with start(tmp_path, migrated, "--config", settings) as stockd:
        stockd.wait_until_ready()
        assert "request_served" not in stockd.log()
        settings.write_text("log_level = 'debug'\nbackstop = '2s'\n")
        stockd.tell(signal.SIGHUP)
        wait_for(lambda: "settings were read again" in stockd.log(), "the log line")
        stockd.get("/api/inventory/P")
        wait_for(lambda: "/api/inventory/P 200" in stockd.log(), "a debug line")
        wait_for(lambda: "backstop has changed, which takes a restart" in stockd.log(), "the warning")
        settings.write_text("log_level = 'nonsense'\n")
        stockd.tell(signal.SIGHUP)
        wait_for(lambda: "settings stay as they are" in stockd.log(), "the refusal")
        assert stockd.ready()[0]
        assert stockd.stop(signal.SIGINT) == 0


def test_hup_lets_more_requests_wait(tmp_path, migrated):
    settings = tmp_path / "stockd.toml"
    settings.write_text("waiting_max = '1'\n")
    with start(tmp_path, migrated, "--config", settings) as stockd:
        stockd.wait_until_ready()
        writer = psycopg2.connect(dbname=migrated)
        with writer.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()::text")  # open until the end
            (ticket,) = cursor.fetchone()
        path = f"/api/inventory/P?ticket={ticket}&wait_ms=30000"
        answers = []

        def ask():
            thread = threading.Thread(target=lambda: answers.append(stockd.get(path)[0]))
            thread.start()
            return thread

        def waiting(number):
            text = f"stockd_waiting_requests {number}\n"
            wait_for(lambda: text in stockd.get("/metrics", admin=True)[1], f"{number} requests wait")

        threads = [ask()]
        waiting(1)
        assert stockd.get(path)[0] == 503
        settings.write_text("waiting_max = '2'\n")
        stockd.tell(signal.SIGHUP)
        wait_for(lambda: "settings were read again" in stockd.log(), "the log line")
        threads.append(ask())
        waiting(2)
        writer.commit()
        for thread in threads:
            thread.join()
        assert answers == [200, 200]
        writer.close()


def cut_off(database, is_away):
    """Ends the database's sessions and lets none in, or lets them in again."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"alter database {database} allow_connections {not is_away}")
        if is_away:
            cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,))
    connection.close()


def test_systemd_hears_ready_after_the_load_then_the_watchdog_then_stopping(tmp_path, migrated):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        heard = []

        notify.setblocking(False)

        def hear(wanted):
            def came():
                try:
                    heard.append(notify.recv(4096).decode())
                except BlockingIOError:
                    return False
                return wanted in heard[-1]

            wait_for(came, wanted)

        settings = tmp_path / "stockd.toml"
        settings.write_text("")
        with start(tmp_path, migrated, "--config", settings, NOTIFY_SOCKET=path, WATCHDOG_USEC="1000000") as stockd:
            hear("STATUS=live")
            if "READY=1" not in heard:
                hear("READY=1")
            assert stockd.get("/api/inventory/P")[0] == 200
            hear("WATCHDOG=1")
            settings.write_text("log_level = 'nonsense'\n")
            stockd.tell(signal.SIGHUP)
            wait_for(lambda: "settings stay as they are" in stockd.log(), "the refusal")
            cut_off(migrated, True)
            hear("STATUS=disconnected")
            cut_off(migrated, False)
            hear("STATUS=live")
            assert "STATUS=rereading settings" not in heard
            stockd.tell(signal.SIGTERM)
            hear("STOPPING=1")
            assert stockd.process.wait(timeout=20) == 0


def test_json_lines_are_json_and_metrics_are_those_of_the_golden_file(tmp_path, migrated):
    with start(tmp_path, migrated, "--log-format", "json") as stockd:
        stockd.wait_until_ready()
        for path in ["/api/inventory/P", "/api/inventory/none", "/api/inventory?limit=0", "/nowhere"]:
            stockd.get(path)
        metrics = stockd.get("/metrics", admin=True)[1]
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
        golden = os.path.join(os.path.dirname(__file__), "../../unit/observe/metrics_golden.txt")
        with open(golden, encoding="utf-8") as file:
            known = {line.split()[0] for line in file}
        names = {line.split()[2] for line in metrics.splitlines() if line.startswith("# TYPE")}
        assert names <= known
        assert "stockd_cache_products 1\n" in metrics and "stockd_ready 1\n" in metrics
        assert 'stockd_reads_total{result="unknown"} 1\n' in metrics
        stockd.stop()
        for line in stockd.log().splitlines():
            assert {"time", "level", "event", "message"} <= json.loads(line).keys()
        assert "Cache refreshed in " in stockd.log() and "1 products cached." in stockd.log()


def test_a_password_is_never_logged(tmp_path):
    # Nobody listens there: the error names the address, not the password.
    url = "postgresql://me:hunter2@127.0.0.1:1/shop"
    with Stockd(tmp_path, "--database-url", url, "--log-level", "trace") as stockd:
        wait_for(lambda: "failed" in stockd.log() or "disconnected" in stockd.log(), "an error in the log")
        wait_for(lambda: "database_away" in stockd.ready()[1] or "loading" in stockd.ready()[1], "not ready")
        stockd.stop()
        assert "hunter2" not in stockd.log() + stockd.said()
