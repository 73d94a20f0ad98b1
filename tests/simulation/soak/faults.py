"""One function per kind of fault, run one after the other on a thread of their own while writers and readers go on.

A function that returns False found nothing to break; it does not count, and is tried again."""

import os
import queue
import random
import re
import shutil
import signal
import threading
import time

import psycopg2

from soak.cluster import Server, is_lost
from soak.report import Failed, wait_for
from soak.sessions import settle_prepared

KINDS = {}
TRIES = 4
#: How long a fault lasts at most when operations come slowly.
HOLD_S = 3.0
#: How long one lasts that the other side is to notice by itself: longer than the relay's locks outlive its silence, and than a copy is fresh.
NOTICED_S = (6.0, 8.0)


def fault(function):
    KINDS[function.__name__] = function
    return function


RELAY = """
select a.application_name from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = inventory.relay_lock()
"""


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

    def take(self, kind, seed):
        """False when one is waiting already."""
        self.idle.clear()
        try:
            self.given.put_nowait((kind, seed))
        except queue.Full:
            return False
        return True

    def _work(self):
        while not self.report.stop.is_set():
            try:
                kind, seed = self.given.get(timeout=0.2)
            except queue.Empty:
                continue
            self.rng = random.Random(seed)
            try:
                self._break(kind)
            except Failed:
                pass
            except Exception as error:  # a defect of the soak itself
                self.report.fail(f"fault {kind}: {error!r}")
            if self.given.empty():
                self.idle.set()

    def _break(self, kind):
        for _ in range(TRIES):
            if KINDS[kind](self) is not False:
                self.report.count("faults", kind)
                return
            self.report.count("faults that found nothing to break", kind)

    @property
    def programs(self):
        return [*self.stockds, self.witness]

    def hold(self, operations, least_s=0.2):
        """Go on while so many operations are given."""
        begun = time.monotonic()
        until = self.clock.given + operations
        while not self.report.stop.is_set():
            took = time.monotonic() - begun
            if took >= max(HOLD_S, least_s) or (took >= least_s and self.clock.given >= until):
                return
            self.report.stop.wait(0.01)

    def hold_for_any_time(self):
        """Mostly short; one time in three until the other side has noticed."""
        if self.rng.random() < 1 / 3:
            self.hold(0, self.rng.uniform(*NOTICED_S))
            return True
        self.hold(self.rng.choice([5, 20, 40]))
        return False

    def some_stockd(self):
        return self.rng.choice(self.stockds)

    def some_program(self):
        return self.rng.choice(self.programs)

    def relay(self):
        """Whoever holds the relay's lock."""
        by_name = {f"{program.name} listen": program for program in self.programs}
        return by_name[wait_for(self._relay_name, "somebody to be the relay", self.report)]

    def _relay_name(self):
        held = self.rows(RELAY)
        return held[0][0] if held else None

    def rows(self, sql, *values):
        connection = self.cluster.primary.connect(application_name="soak faults")
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def some_backend(self, pattern):
        """After a fault it may take a while until there is one again."""
        sql = "select pid from pg_stat_activity where application_name like %s"
        return self.rng.choice(wait_for(lambda: self.rows(sql, pattern), f"a backend {pattern}", self.report))[0]

    def wait_until_ready(self, stockds):
        """What is not ready anyway would say no at once."""
        for stockd in stockds:
            wait_for(lambda s=stockd: s.ready() is True, f"{stockd.name} to be ready before a fault", self.report)

    def wait_until_ready_says_no(self, stockds, what):
        for stockd in stockds:
            begun = time.monotonic()
            reasons = wait_for(
                lambda s=stockd: (r := s.ready()) is not None and r is not True and r,
                f"{stockd.name} not ready: {what}", self.report, deadline_s=15, every_s=0.02,
            )  # fmt: skip
            self.report.took(f"/ready 503: {what}", time.monotonic() - begun)
            self.report.count("/ready said", f"{what}: {','.join(reasons)}")

    def count_lost(self, acknowledged, why):
        """Whether commits that had returned are gone. At least: a transaction that came since may have the same xid."""
        ((lost,),) = self.rows(
            "select count(*) from unnest(%s::text[]::xid8[]) as x where not exists (select from soak.history as h where h.xid = x)",
            [str(xid) for xid in acknowledged],
        )
        self.report.count("acknowledged commits lost", why, lost)
        return lost > 0

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
    was_relay = f.relay() is victim
    victim.tell(signal.SIGSTOP)
    try:
        is_noticed = f.hold_for_any_time()
        if was_relay and is_noticed:
            wait_for(lambda: f.relay() is not victim, "another to become the relay", f.report)
            f.report.count("relays", "frozen, and another one took over")
    finally:
        victim.tell(signal.SIGCONT)


# Single backends.


def terminate(f, pattern):
    if not f.rows("select pg_terminate_backend(%s)", f.some_backend(pattern))[0][0]:
        return False
    f.hold(3)
    return True


@fault
def end_writer_backend(f):
    return terminate(f, "soak writer%")


@fault
def end_listen_backend(f):
    return terminate(f, "% listen")


@fault
def end_drain_backend(f):
    return terminate(f, "% drain")


def crash(f, pattern):
    """kill -9 of a backend: the postmaster takes all others down and recovers."""
    victim = f.some_backend(pattern)
    with f.floors.unrest():
        probe = f.cluster.primary.connect(application_name="soak probe")

        def is_gone():
            try:
                probe.cursor().execute("select 1")
                return False
            except psycopg2.Error as error:
                return is_lost(error, probe)

        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return False
        wait_for(is_gone, "the crash to reach every backend", f.report)
        f.cluster.primary.wait_until_up()
    f.settle()
    return True


@fault
def kill_writer_backend(f):
    return crash(f, "soak writer%")


@fault
def kill_listen_backend(f):
    return crash(f, "% listen")


# The server.


@fault
def kill_postmaster(f):
    f.wait_until_ready(f.stockds)
    with f.floors.unrest():
        f.cluster.primary.kill()
        f.wait_until_ready_says_no(f.stockds, "the database is dead")
        f.cluster.primary.start()
        f.cluster.primary.wait_until_up()
    f.settle()


@fault
def lose_async_commits(f):
    """Commits that returned and were not flushed are gone; their xids and versions come again with other content."""
    f.clock.is_asynchronous = True
    try:
        f.hold(20)
        with f.floors.unrest() as acknowledged:
            f.cluster.primary.stop_immediate()
            f.cluster.primary.start()
            f.cluster.primary.wait_until_up()
            is_lost_some = f.count_lost(acknowledged, "in a crash")
    finally:
        f.clock.is_asynchronous = False
    f.settle()
    return is_lost_some


@fault
def restore_backup(f):
    """An older copy takes the place of the database, under the same address and the same system identifier."""
    data = f.cluster.backup()
    f.hold(25)
    with f.floors.unrest() as acknowledged:
        f.cluster.primary.stop_immediate()
        f.cluster.replace_primary(data)
        is_lost_some = f.count_lost(acknowledged, "in a restore")
    f.settle()
    return is_lost_some


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
    with f.floors.unrest() as acknowledged:
        cluster.primary.kill()
        with connection.cursor() as cursor:
            cursor.execute("select pg_promote(true, 60)")

            def is_primary():
                cursor.execute("select pg_is_in_recovery()")
                return not cursor.fetchone()[0]

            wait_for(is_primary, "the promotion", f.report)
        old, cluster.primary, cluster.standby = cluster.primary, standby, None
        shutil.rmtree(old.data, ignore_errors=True)
        is_lost_some = f.count_lost(acknowledged, "in a promotion")
    connection.close()
    f.settle()
    return is_lost_some


# The network.


@fault
def network_delay(f):
    gate = f.some_program().gate
    gate.delay_s = f.rng.choice([0.001, 0.01, 0.1])
    f.hold(15, 1)
    has_met_something = gate.connections() > 0
    gate.heal()
    return has_met_something


@fault
def network_cut(f):
    gate = f.some_program().gate
    has_met_something = gate.connections() > 0
    gate.break_all()
    f.hold(3)
    return has_met_something


@fault
def network_limit(f):
    """So slow that most answers are still under way when the connections break."""
    gate = f.some_program().gate
    gate.bytes_per_s = f.rng.randint(200, 20_000)
    f.hold(15, 1)
    has_met_something = gate.connections() > 0
    gate.break_all()
    gate.heal()
    return has_met_something


@fault
def network_hole(f):
    """Nothing comes through for a while, then all of it."""
    gate = f.some_program().gate
    gate.black_hole()
    f.hold_for_any_time()
    gate.heal()
    return gate.has_swallowed


@fault
def network_half_open(f):
    """Nothing comes through until stockd has noticed; then the old connections turn out to be dead."""
    victim = f.some_stockd()
    f.wait_until_ready([victim])
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
            f.hold_for_any_time()
            cursor.execute("rollback")
        return True
    except psycopg2.Error as error:
        if not is_lost(error, connection):
            raise
        return False  # a crash of before was still ending it
    finally:
        connection.close()


#: What a drain reads.
LOCKED = ["inventory_stock", "stores", "products", "stock_ledger", "inventory_event"]


@fault
def lock_tables(f):
    """An administrator locks tables, in another order than stockd, for longer than it waits. It must not be his transaction that a deadlock ends."""
    connection = f.cluster.primary.connect(application_name="soak administrator", options="-c lock_timeout=3s")
    drains = {pid for (pid,) in f.rows("select pid from pg_stat_activity where application_name ~ ' drain$'")}
    first, then = f.rng.sample(LOCKED, 2)
    has_kept_out = False
    try:
        with connection.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute(f"lock table inventory.{first} in access exclusive mode")
            if f.rng.random() < 1 / 3:
                f.hold_for_any_time()
            else:
                f.hold(0, f.rng.uniform(0.3, 1.5))
            has_kept_out = bool(f.rows("select 1 from pg_stat_activity where application_name ~ ' drain$' and wait_event_type = 'Lock'"))
            cursor.execute(f"lock table inventory.{then} in access exclusive mode")
            cursor.execute("commit")
        return True
    except psycopg2.errors.DeadlockDetected as error:
        # With writers it may.
        if any(re.search(rf"rocess {pid}\b", error.diag.message_detail or "") for pid in drains):
            f.report.fail(f"a drain cost an administrator his transaction: {error}")
        return has_kept_out
    except psycopg2.errors.LockNotAvailable:
        return has_kept_out
    except psycopg2.Error as error:
        if not is_lost(error, connection):
            raise
        return False
    finally:
        connection.close()
