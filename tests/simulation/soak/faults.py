"""One function per kind of fault, run one after the other on a thread of their own while writers and readers go on."""

import os
import queue
import random
import shutil
import signal
import threading
import time

import psycopg2

from soak.cluster import Server, is_lost
from soak.report import Failed, put, wait_for
from soak.sessions import settle_prepared

KINDS = {}
#: How long a fault lasts at most when nobody makes steps.
HOLD_S = 3.0


def fault(function):
    KINDS[function.__name__] = function
    return function


class Faults:
    """What the faults work on."""

    def __init__(self, cluster, stockds, witness, report, floors, clock, has_backstop):
        self.cluster = cluster
        self.stockds = stockds
        self.witness = witness
        self.report = report
        self.floors = floors
        self.clock = clock
        self.has_backstop = has_backstop
        self.rng = None
        self.given = queue.Queue(maxsize=1)
        self.idle = threading.Event()
        self.idle.set()
        threading.Thread(target=self._work, daemon=True, name="faults").start()

    def give(self, kind, seed):
        self.idle.clear()
        put(self.given, (kind, seed), self.report)

    def _work(self):
        while not self.report.stop.is_set():
            try:
                kind, seed = self.given.get(timeout=0.2)
            except queue.Empty:
                continue
            self.rng = random.Random(seed)
            try:
                KINDS[kind](self)
                self.report.count("faults", kind)
            except Failed:
                pass
            except Exception as error:  # a defect of the soak itself
                self.report.fail(f"fault {kind}: {error!r}")
            if self.given.empty():
                self.idle.set()

    @property
    def programs(self):
        return [*self.stockds, self.witness]

    def hold(self, steps):
        """Go on while so many steps are made."""
        until, end = self.clock.step + steps, time.monotonic() + HOLD_S
        while self.clock.step < until and time.monotonic() < end and not self.report.stop.is_set():
            self.clock.finish.wait(0.01)
            if self.clock.finish.is_set():
                return

    def some_stockd(self):
        return self.rng.choice(self.stockds)

    def some_program(self):
        return self.rng.choice(self.programs)

    def relay(self):
        """Whoever is the relay; the witness when no stockd is."""
        return next((stockd for stockd in self.stockds if stockd.is_relay()), self.witness)

    def rows(self, sql, *values):
        connection = self.cluster.primary.connect(application_name="soak faults")
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def backends(self, pattern):
        return [pid for (pid,) in self.rows("select pid from pg_stat_activity where application_name like %s", pattern)]

    def wait_until_ready_says_no(self, stockds, what):
        for stockd in stockds:
            begun = time.monotonic()
            reasons = wait_for(
                lambda s=stockd: (r := s.ready()) is not None and r is not True and r,
                f"{stockd.name} not ready: {what}", self.report, deadline_s=15, every_s=0.02,
            )  # fmt: skip
            self.report.took(f"/ready 503: {what}", time.monotonic() - begun)
            self.report.count("/ready said", f"{what}: {','.join(reasons)}")

    def settle(self):
        connection = self.cluster.primary.connect()
        settle_prepared(connection, self.rng, self.report)
        connection.close()


# Processes of ours.


@fault
def kill_stockd(f):
    victim = f.some_stockd()
    victim.kill()
    f.hold(5)
    victim.start()


@fault
def kill_relay(f):
    victim = f.relay()
    victim.kill()
    f.hold(5)
    victim.start()


@fault
def freeze_stockd(f):
    freeze(f, f.some_stockd())


@fault
def freeze_relay(f):
    freeze(f, f.relay())


def freeze(f, victim):
    victim.tell(signal.SIGSTOP)
    try:
        f.hold(f.rng.choice([5, 20, 40]))
    finally:
        victim.tell(signal.SIGCONT)


# Single backends.


def terminate(f, pattern):
    pids = f.backends(pattern)
    if pids:
        f.rows("select pg_terminate_backend(%s)", f.rng.choice(pids))
    f.hold(3)


@fault
def end_writer_backend(f):
    terminate(f, "soak writer%")


@fault
def end_listen_backend(f):
    terminate(f, "% listen")


@fault
def end_drain_backend(f):
    terminate(f, "% drain")


def crash(f, pattern):
    """kill -9 of a backend: the postmaster takes all others down and recovers."""
    pids = f.backends(pattern)
    if not pids:
        return
    with f.floors.unrest():
        probe = f.cluster.primary.connect(application_name="soak probe")

        def is_gone():
            try:
                probe.cursor().execute("select 1")
                return False
            except psycopg2.Error as error:
                return is_lost(error, probe)

        try:
            os.kill(f.rng.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            return
        wait_for(is_gone, "the crash to reach every backend", f.report)
        f.cluster.primary.wait_until_up()
    f.settle()


@fault
def kill_writer_backend(f):
    crash(f, "soak writer%")


@fault
def kill_listen_backend(f):
    crash(f, "% listen")


# The server.


@fault
def kill_postmaster(f):
    with f.floors.unrest():
        f.cluster.primary.kill()
        f.wait_until_ready_says_no(f.stockds, "the database is dead")
        f.cluster.primary.start()
        f.cluster.primary.wait_until_up()
    f.settle()


@fault
def lose_async_commits(f):
    """Commits that returned and were not flushed are gone; their xids and versions come again with other content."""
    f.hold(5)
    with f.floors.unrest():
        f.cluster.primary.stop_immediate()
        f.cluster.primary.start()
        f.cluster.primary.wait_until_up()
    f.settle()


@fault
def restore_backup(f):
    """An older copy takes the place of the database, under the same address and the same system identifier."""
    data = f.cluster.backup()
    f.hold(25)
    with f.floors.unrest():
        f.cluster.primary.stop_immediate()
        f.cluster.replace_primary(data)
    f.settle()


@fault
def promote_standby(f):
    """A standby that lags behind becomes the primary; what it had not received is gone."""
    cluster = f.cluster
    standby = Server(cluster, cluster.backup("-R"))
    cluster.standby = standby
    standby.start()
    wait_for(
        lambda: f.rows("select 1 from pg_stat_replication where state = 'streaming'"), "the standby to stream", f.report
    )
    standby.wait_until_up()
    connection = standby.connect()
    with connection.cursor() as cursor:
        cursor.execute("alter system set primary_conninfo = ''")
        cursor.execute("select pg_reload_conf()")
    wait_for(lambda: not f.rows("select 1 from pg_stat_replication"), "the standby to fall behind", f.report)
    f.hold(25)
    with f.floors.unrest():
        cluster.primary.kill()
        with connection.cursor() as cursor:
            cursor.execute("select pg_promote(true, 60)")

            def is_primary():
                cursor.execute("select pg_is_in_recovery()")
                return not cursor.fetchone()[0]

            wait_for(is_primary, "the promotion", f.report)
        old, cluster.primary, cluster.standby = cluster.primary, standby, None
        shutil.rmtree(old.data, ignore_errors=True)
    connection.close()
    f.settle()


# The network.


@fault
def network_delay(f):
    gate = f.some_program().gate
    gate.delay_s = f.rng.choice([0.001, 0.01, 0.1])
    f.hold(15)
    gate.heal()


@fault
def network_cut(f):
    f.some_program().gate.break_all()
    f.hold(3)


@fault
def network_limit(f):
    """So slow that most answers are still under way when the connections break."""
    gate = f.some_program().gate
    gate.bytes_per_s = f.rng.randint(200, 20_000)
    f.hold(15)
    gate.break_all()
    gate.heal()


@fault
def network_hole(f):
    """Nothing comes through for a while, then all of it."""
    gate = f.some_program().gate
    gate.black_hole()
    f.hold(20)
    gate.heal()


@fault
def network_half_open(f):
    """Nothing comes through until stockd has noticed; then the old connections turn out to be dead."""
    victim = f.some_stockd()
    victim.gate.black_hole()
    f.wait_until_ready_says_no([victim], "the network is silent")
    victim.gate.break_all()
    victim.gate.heal()


# Others on the database.


@fault
def foreign_listener(f):
    """Listens inside a transaction that stays open, which keeps the notification queue from being cleaned."""
    connection = f.cluster.primary.connect(user="soak_reader", application_name="soak listener")
    try:
        with connection.cursor() as cursor:
            cursor.execute("listen inventory_changes")
            cursor.execute("listen inventory_doorbell")
            cursor.execute("begin")
            cursor.execute("select count(*) from inventory.inventory_stock")
            f.hold(25)
            cursor.execute("rollback")
    except psycopg2.Error as error:
        if not is_lost(error, connection):
            raise
        # A crash of before was still ending it.
    finally:
        connection.close()
