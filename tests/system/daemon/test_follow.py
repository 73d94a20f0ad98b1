"""Several stockd on one database while one of them, the link or the database fails: nothing is missed, nothing lied about."""

import contextlib
import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time

import psycopg2
import pytest

from conftest import Stockd, start, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../support"))
from tcp_gate import TcpGate  # noqa: E402

QUICK = ("--backstop", "250ms", "--canary-interval", "250ms")


def connect(database):
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    return connection


def value(database, sql, *values):
    with contextlib.closing(connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchone()[0]


class Written:
    """The one stock row of the test: what was written into it, and when that was committed for sure."""

    def __init__(self, database):
        self.database = database
        self.versions = []
        self.wrong = []

    def write(self):
        """The new quantity; no writer ever waits for a stockd, so this one does not wait for anything."""
        with contextlib.closing(connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '1s'")
            cursor.execute("update inventory.inventory_stock set on_hand = on_hand + 1 returning on_hand")
            (on_hand,) = cursor.fetchone()
        self.versions.append((on_hand, time.monotonic()))
        return on_hand

    def judge(self, stockd):
        """One answer, which may be old but must say so: (on hand, marked stale)."""
        asked = time.monotonic()
        host, port = stockd.addresses()[0].split(":")
        link = http.client.HTTPConnection(host, int(port), timeout=40)
        link.request("GET", "/api/inventory/P")
        answer = link.getresponse()
        assert answer.status == 200
        on_hand = json.loads(answer.read())["totalPieces"]
        link.close()
        stale = answer.headers["Stockd-Stale"] == "true"
        age_ms = int(answer.headers["Stockd-Age-Ms"])
        for written, committed_at in self.versions:
            # Committed before we asked, and not in the answer: then the answer is older than that, and says so.
            if on_hand < written and committed_at < asked:
                if not stale and age_ms + 1 < (asked - committed_at) * 1000:
                    self.wrong.append((on_hand, written, age_ms))
        assert not self.wrong
        return on_hand, stale

    def fresh_from(self, stockd):
        """Until the newest is served as fresh; every answer on the way is judged."""
        newest = self.versions[-1][0]
        wait_for(lambda: self.judge(stockd) == (newest, False), f"{newest} from {stockd.log()}")


def status(stockd):
    return json.loads(stockd.get("/status", admin=True)[1])


def is_relay(stockd):
    return status(stockd)["relay"]


def becomes_relay(stockd):
    wait_for(lambda: is_relay(stockd), "a relay; log: " + stockd.log())


def relay_and_follower(stack, tmp_path, database):
    relay = stack.enter_context(start(tmp_path, database, *QUICK)).wait_until_ready()
    becomes_relay(relay)
    follower = stack.enter_context(start(tmp_path, database, *QUICK)).wait_until_ready()
    assert not is_relay(follower)
    return relay, follower


def test_a_frozen_relay_is_replaced_and_comes_back_as_a_follower_that_tells_the_truth(tmp_path, migrated):
    written = Written(migrated)
    with contextlib.ExitStack() as stack:
        relay, follower = relay_and_follower(stack, tmp_path, migrated)
        relay.tell(signal.SIGSTOP)
        written.write()  # N1: nobody waits for the frozen one
        becomes_relay(follower)
        written.write()
        written.fresh_from(follower)
        # Frozen for longer than an answer may go unmarked, by the clock of the database.
        wait_for(
            lambda: value(migrated, "select min(seen_at) < clock_timestamp() - interval '5.5 s' from inventory.daemons"),
            "the frozen one's last canary is old",
        )
        # The system takes the request; it is answered by the first thread that wakes up.
        first = threading.Thread(target=written.judge, args=(relay,))
        first.start()
        relay.tell(signal.SIGCONT)
        first.join()
        assert not written.wrong
        written.fresh_from(relay)
        wait_for(lambda: relay.ready()[0], "ready again")
        assert not is_relay(relay) and is_relay(follower)
        written.write()
        written.fresh_from(relay)
        written.fresh_from(follower)


def test_when_the_relay_is_killed_a_follower_relays_and_nothing_is_missed(tmp_path, migrated):
    written = Written(migrated)
    with contextlib.ExitStack() as stack:
        relay, follower = relay_and_follower(stack, tmp_path, migrated)
        for _ in range(3):
            over = threading.Event()

            def write_on(told=over):
                while not told.is_set():
                    written.write()

            writer = threading.Thread(target=write_on)
            writer.start()
            relay.tell(signal.SIGKILL)
            becomes_relay(follower)
            over.set()
            writer.join()
            written.fresh_from(follower)
            # Told by the bell of its own, not by a backstop of the dead one's.
            written.write()
            written.fresh_from(follower)
            relay.process.wait()
            relay, follower = follower, stack.enter_context(start(tmp_path, migrated, *QUICK)).wait_until_ready()
            assert is_relay(relay) and not is_relay(follower)


@pytest.fixture(name="gate")
def make_gate():
    with TcpGate(f"{os.environ['PGHOST']}/.s.PGSQL.{os.environ['PGPORT']}") as gate:
        yield gate


def behind(gate, tmp_path, database, *settings):
    url = f"host=127.0.0.1 port={gate.port} dbname={database} user={os.environ['PGUSER']} sslmode=disable gssencmode=disable"
    return Stockd(tmp_path, *(settings or QUICK), STOCKD_DATABASE_URL=url)


def is_away(stockd):
    ready, reasons = stockd.ready()
    return not ready and "database_away" in reasons


def is_unheard(stockd):
    """Connected, as far as anybody knows, or not any more."""
    ready, reasons = stockd.ready()
    return not ready and reasons in (["no_answer"], ["database_away"])


def test_a_cut_link_is_told_and_heals(tmp_path, migrated, gate):
    written = Written(migrated)
    with behind(gate, tmp_path, migrated) as stockd:
        stockd.wait_until_ready()
        gate.cut()
        wait_for(lambda: is_away(stockd), "not ready, because the database is away")
        newest = written.write()
        on_hand, stale = written.judge(stockd)
        assert on_hand < newest and stale
        gate.open()
        written.fresh_from(stockd)
        stockd.wait_until_ready()
        assert status(stockd)["reconnects"] == 1
        assert stockd.log().count("Cache refreshed in") == 1, "history was provably the same: no load"


def test_a_link_that_swallows_everything_is_told_and_heals(tmp_path, migrated, gate):
    """Nobody is told that the link is gone: a relay's locks go to another, and its own answers are marked by their age."""
    written = Written(migrated)
    with contextlib.ExitStack() as stack:
        stockd = stack.enter_context(behind(gate, tmp_path, migrated)).wait_until_ready()
        becomes_relay(stockd)
        other = stack.enter_context(start(tmp_path, migrated, *QUICK)).wait_until_ready()
        gate.black_hole()
        newest = written.write()
        becomes_relay(other)
        written.fresh_from(other)
        wait_for(lambda: is_unheard(stockd), "not ready, because the database does not answer")
        on_hand, stale = written.judge(stockd)
        assert on_hand < newest and stale
        gate.open()
        written.fresh_from(stockd)
        stockd.wait_until_ready()
        assert not is_relay(stockd) and is_relay(other)
        written.write()
        written.fresh_from(stockd)


#: Nothing but the doorbell and the listening session's sign of life.
ALONE = ("--backstop", "1h", "--canary-interval", "1h", "--audit-pace", "0", "--ttl", "24h")


@pytest.mark.parametrize("is_cut", [True, False], ids=["cut", "silent"])
def test_a_link_that_ends_within_the_sign_of_life_is_given_up(tmp_path, migrated, gate, is_cut):
    """A failure that only the sign of life meets must be told: nobody else may use that session for an hour."""
    written = Written(migrated)
    with behind(gate, tmp_path, migrated, *ALONE) as stockd:
        stockd.wait_until_ready()
        becomes_relay(stockd)
        gate.black_hole()
        wait_for(lambda: gate.has_swallowed, "a sign of life that is not answered")
        if is_cut:
            gate.cut()
        wait_for(lambda: status(stockd)["state"] != "live", "the session is given up")
        gate.open()
        wait_for(lambda: status(stockd)["state"] == "live", "the next session")
        becomes_relay(stockd)
        written.write()
        written.fresh_from(stockd)


def test_a_link_that_is_slow_and_narrow_is_followed_all_the_same(tmp_path, migrated, gate):
    written = Written(migrated)
    gate.delay_s = 0.02
    gate.bytes_per_s = 50_000
    with behind(gate, tmp_path, migrated) as stockd:
        stockd.wait_until_ready()
        for _ in range(20):
            written.write()
        written.fresh_from(stockd)


class Server:
    """The test's cluster, to be stopped and started again. Restarted it is our child, and ends with us."""

    def __init__(self):
        self.data = os.environ["STOCKD_TEST_PGDATA"]
        self.lock = os.path.join(self.data, "postmaster.pid")
        self.command = None
        self.process = None

    def stop(self, number):
        with open(os.path.join(self.data, "postmaster.opts"), encoding="utf-8") as file:
            self.command = shlex.split(file.read())
        with open(self.lock, encoding="utf-8") as file:
            pid = int(file.readline())
        os.kill(pid, number)
        wait_for(lambda: not os.path.exists(self.lock), "the server ends")
        if self.process:
            self.process.wait()

    def start(self):
        owner = os.stat(self.data)
        other = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        quiet = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
        self.process = subprocess.Popen(self.command, cwd="/", **quiet, **other)
        wait_for(self.answers, "the server answers")

    def answers(self):
        with contextlib.suppress(psycopg2.OperationalError), contextlib.closing(psycopg2.connect(dbname="postgres")):
            return True


@pytest.fixture(name="server", scope="module")
def make_server():
    made = Server()
    yield made
    if made.process and made.process.poll() is None:
        made.stop(signal.SIGINT)


class Load:
    """Writers that come back when the server does."""

    def __init__(self, database, writers=4):
        self.database = database
        self.over = threading.Event()
        self.rounds = [0] * writers
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(writers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _write(self, number):
        while not self.over.is_set():
            with contextlib.suppress(psycopg2.Error), contextlib.closing(connect(self.database)) as connection:
                with connection.cursor() as cursor:
                    while not self.over.is_set():
                        cursor.execute(
                            "update inventory.inventory_stock set on_hand = on_hand + 1 where product_id %% %s = %s",
                            (len(self.threads), number),
                        )
                        self.rounds[number] += 1

    def goes_on(self):
        seen = list(self.rounds)
        wait_for(lambda: all(now > then for now, then in zip(self.rounds, seen)), "every writer writes again")


def in_the_tables(database):
    with contextlib.closing(connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("select sku, sum(on_hand)::int from inventory.products join inventory.inventory_stock using (product_id) group by sku")
        return dict(cursor.fetchall())


def in_the_copy(stockd):
    code, text = stockd.get("/api/inventory?limit=1000")
    return {p["productId"]: p["totalPieces"] for p in json.loads(text)["products"]} if code == 200 else {}


@pytest.mark.parametrize(("number", "loads"), [(signal.SIGINT, 1), (signal.SIGQUIT, 2)], ids=["clean", "crash"])
def test_a_database_that_restarts_under_load_is_followed_on(tmp_path, migrated, server, number, loads):
    """A clean restart is the same life of the database; a crash is another one, which is loaded anew."""
    with contextlib.closing(connect(migrated)) as connection, connection.cursor() as cursor:
        cursor.execute("insert into inventory.products (sku, name) select 'P' || i, 'P' from generate_series(1, 99) as i")
        cursor.execute(
            """insert into inventory.inventory_stock (store_id, product_id, on_hand)
               select store_id, product_id, 10 from inventory.stores, inventory.products where sku <> 'P'"""
        )
    with contextlib.ExitStack() as stack:
        relay, follower = relay_and_follower(stack, tmp_path, migrated)
        with Load(migrated) as load:
            load.goes_on()
            server.stop(number)
            for stockd in (relay, follower):
                wait_for(lambda one=stockd: is_away(one), "not ready, because the database is away")
                assert len(in_the_copy(stockd)) == 100, "the old copy serves"
            server.start()
            load.goes_on()
            for stockd in (relay, follower):
                stockd.wait_until_ready()
            load.goes_on()
        tables = in_the_tables(migrated)
        for stockd in (relay, follower):
            wait_for(lambda one=stockd: in_the_copy(one) == tables, "the copy equals the tables")
            assert stockd.log().count("Cache refreshed in") == loads
            assert status(stockd)["drift"] == 0
        wait_for(lambda: is_relay(relay) != is_relay(follower), "one relay")
