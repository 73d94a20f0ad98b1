"""stockctl watch: follows by NOTIFY, misses nothing, ends cleanly."""

import json
import os
import pty
import signal
import subprocess
import threading

from conftest import DEADLINE_S, connect, wait_for


class Watch:
    """A running watch whose output is collected."""

    def __init__(self, shop, *arguments):
        self.lines = []
        self.talk = []
        self.process = shop.stockctl.start("watch", *arguments)
        self.threads = [
            threading.Thread(target=self._collect, args=(self.process.stdout, self.lines)),
            threading.Thread(target=self._collect, args=(self.process.stderr, self.talk)),
        ]
        for thread in self.threads:
            thread.start()
        self.said("Watching")

    @staticmethod
    def _collect(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))

    def said(self, text):
        wait_for(lambda: any(text in line for line in self.talk), f"{text!r} is said")

    def shown(self, text):
        return wait_for(lambda: next((line for line in self.lines if text in line), None), f"{text!r} is shown")

    def end(self, code=130):
        if self.process.poll() is None and code == 130:
            self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=DEADLINE_S) == code
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


def test_a_change_made_in_sql_is_shown_at_once(followed):
    watch = Watch(followed)
    followed.execute("set inventory.reason = 'broken jar'")
    followed.sell(3)
    line = watch.shown("LON  A1  -3 -> 47 on hand, 47 available  direct  v2")
    assert line.endswith("broken jar")
    followed.execute("update inventory.products set name = 'Apfel' where sku = 'A1'")
    watch.shown('product_updated  name "Apple" -> "Apfel"')
    watch.end()


def test_only_the_asked_products_and_store_are_shown(followed):
    watch = Watch(followed, "A1", "--store", "PAR")
    followed.sell(1)
    followed.sell(2, store="PAR")
    watch.shown("PAR  A1  -2 -> 48")
    watch.end()
    assert not any("LON" in line for line in watch.lines)


def test_json_is_one_object_per_line(followed):
    watch = Watch(followed, "--json", "--count", "2")
    followed.sell(1)
    followed.sell(2, store="PAR")
    watch.end(code=0)
    changes = [json.loads(line) for line in watch.lines]
    assert [(c["storeId"], c["onHandDelta"], c["onHand"], c["version"]) for c in changes] == [
        ("LON", -1, 49, 2),
        ("PAR", -2, 48, 2),
    ]


def test_a_lost_connection_is_said_and_nothing_is_missed_or_shown_twice(followed):
    watch = Watch(followed, "--json")
    followed.sell(1)
    watch.shown('"version":2')
    assert followed.value("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'stockctl watch'") == 1
    followed.sell(1)
    watch.said("Connection lost")
    watch.said("Connected again")
    followed.sell(1)
    watch.shown('"version":4')
    watch.end()
    assert [json.loads(line)["version"] for line in watch.lines] == [2, 3, 4]


def wait_for_canary(shop):
    nonce = "select nonce from inventory.daemons"
    before = shop.value(nonce)
    wait_for(lambda: shop.value(nonce) != before, "a canary is sent")


def test_it_sleeps_between_notifications(followed):
    watch = Watch(followed)
    followed.sell(1)
    watch.shown("-1 -> 49")
    calls = "select query_start from pg_stat_activity where application_name = 'stockctl watch'"
    # stockd sends canaries meanwhile; they are not broadcast, and the watch asks for nothing on its own.
    wait_for_canary(followed)
    before = followed.value(calls)
    wait_for_canary(followed)
    wait_for_canary(followed)
    assert followed.value(calls) == before
    watch.end()


def test_without_a_relay_it_says_so_and_shows_the_change_when_told(shop):
    watch = Watch(shop)
    watch.said("No stockd relays")
    shop.sell(3)
    shop.execute("notify inventory_changes")
    watch.shown("-3 -> 47")
    watch.end()


def test_another_life_of_the_database_starts_anew(shop):
    watch = Watch(shop)
    shop.execute("update inventory.epoch set epoch = gen_random_uuid()")
    shop.execute("notify inventory_changes")
    watch.said("Starting anew")
    shop.sell(3)
    shop.execute("notify inventory_changes")
    watch.shown("-3 -> 47")
    watch.end()


def test_on_a_terminal_it_is_a_live_table(shop):
    ours, theirs = pty.openpty()
    process = shop.stockctl.start("watch", "A1", stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    screen = bytearray()

    def read():
        try:
            while data := os.read(ours, 65536):
                screen.extend(data)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    wait_for(lambda: b"Watching" in screen, "the table is drawn")
    assert b"\x1b[H\x1b[J" in screen
    shop.sell(3)
    shop.execute("notify inventory_changes")
    wait_for(lambda: b"-3 direct" in screen, "the change is drawn")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=DEADLINE_S) == 130
    reader.join()
    os.close(ours)


def test_a_reader_that_went_away_ends_it(followed):
    process = followed.stockctl.start("watch")
    wait_for(lambda: "Watching" in process.stderr.readline(), "the watch runs")
    process.stdout.close()
    followed.sell(1)
    assert process.wait(timeout=DEADLINE_S) == 130
    process.stderr.close()


def test_interrupted_while_the_database_is_away_it_ends_too(shop):
    watch = Watch(shop)
    server = connect()
    with server.cursor() as cursor:
        cursor.execute(f"alter database {shop.database} allow_connections false")
        cursor.execute("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'stockctl watch'")
    watch.said("Connection lost")
    watch.end()
    with server.cursor() as cursor:
        cursor.execute(f"alter database {shop.database} allow_connections true")
    server.close()
