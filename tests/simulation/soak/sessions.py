"""Writers: one thread and one connection each, fed with steps by the driver."""

import collections
import contextlib
import queue
import random
import threading
import time

import psycopg2

from soak import operations
from soak.cluster import is_lost
from soak.report import put, wait_for

#: Errors that an operation may meet by design; everything else fails the run.
KNOWN = {
    "40001": "serialization failure",
    "40P01": "deadlock",
    "23505": "unique violation",
    "23503": "foreign key violation",
    "23514": "short of stock",
    "55P03": "lock time-out",
    "SD006": "movement of a deleted product",
    "SD008": "truncate refused",
}
LOST = "connection lost"
#: How long a transaction stays open at most when nobody makes steps.
HOLD_S = 2.0


class Floors:
    """What readers must see: per stock row the versions whose commits had returned, and when."""

    def __init__(self):
        self._lock = threading.Lock()
        self.era = 0
        self.era_began = 0.0
        self.is_restless = False
        self.deferred = []
        self.forget()

    def forget(self):
        self._rows = collections.defaultdict(lambda: collections.deque(maxlen=400))
        self.tickets = collections.deque(maxlen=200)

    @contextlib.contextmanager
    def unrest(self):
        """The database dies or is replaced in here: commits of before may be lost, nothing can be required meanwhile.

        Gives the xids of the last commits that had returned before."""
        with self._lock:
            self.is_restless = True
            self.era += 1
            acknowledged = [xid for xid, _ in self.tickets]
        yield acknowledged
        with self._lock:
            self.era += 1
            self.era_began = time.monotonic()
            self.is_restless = False
            self.deferred = []
            self.forget()

    def defer(self, era, *claim):
        """To be looked up in the history at the next quiet point."""
        with self._lock:
            if era == self.era and len(self.deferred) < 20_000:
                self.deferred.append(claim)

    def take_deferred(self):
        with self._lock:
            taken, self.deferred = self.deferred, []
            return taken

    def committed(self, era, xid, versions):
        """Right after a commit has returned. versions: {(store, product): version}."""
        now = time.monotonic()
        with self._lock:
            if era != self.era or self.is_restless:
                return
            for row, version in versions.items():
                self._rows[row].append((now, version))
            if versions:
                self.tickets.append((xid, versions))

    def required(self, store, product, when):
        """The version that a look at `when` must have found, or 0."""
        with self._lock:
            return max((version for at, version in self._rows.get((store, product), ()) if at <= when), default=0)

    def some_ticket(self, rng):
        with self._lock:
            return rng.choice(self.tickets) if self.tickets else None


class Transaction:
    """What an operation sees."""

    def __init__(self, session, cursor, rng):
        self.session = session
        self.cursor = cursor
        self.rng = rng

    def run(self, sql, values=None):
        self.cursor.execute(sql, values)

    def hold(self, steps):
        """Stay open while the others make so many steps, or until everybody is told to finish."""
        self.session.hold(steps)

    def expect_refusal(self, sql, values):
        self.run("savepoint refusal")
        try:
            self.run(sql, values)
        except psycopg2.errors.CheckViolation as error:
            if not str(error).startswith("Insufficient stock of "):
                raise
            self.session.report.count("refused by name", "short of stock")
            self.run("rollback to savepoint refusal")
            return
        # Nothing there to sell, or a row that may go below zero.
        if self.cursor.rowcount > 0:
            self.run(
                "select count(*) from inventory.inventory_stock as s where s.store_id = %(s)s and s.product_id = %(p)s"
                " and s.available < 0 and not s.allow_negative",
                values,
            )
            if self.cursor.fetchone()[0] > 0:
                self.session.report.fail(f"oversold: {sql} {values}")


class Session:
    def __init__(self, number, cluster, report, floors, clock):
        self.number = number
        self.cluster = cluster
        self.report = report
        self.floors = floors
        self.clock = clock
        self.steps = queue.Queue(maxsize=3)
        self.idle = threading.Event()
        self.idle.set()
        self.connection = None
        self.backend_pid = None
        threading.Thread(target=self._work, daemon=True, name=f"session {number}").start()

    def give(self, kind, seed):
        self.idle.clear()
        put(self.steps, (kind, seed), self.report)
        self.clock.given += 1

    def hold(self, steps):
        until, end = self.clock.given + steps, time.monotonic() + HOLD_S
        while self.clock.given < until and time.monotonic() < end and not self.report.stop.is_set():
            # The driver may be waiting to give this very session its next step.
            if self.clock.finish.is_set() or self.steps.full():
                return
            self.clock.finish.wait(0.01)

    def _work(self):
        while not self.report.stop.is_set():
            try:
                kind, seed = self.steps.get(timeout=0.2)
            except queue.Empty:
                continue
            try:
                self._step(kind, random.Random(seed))
            except psycopg2.Error as error:
                self._known_or_fail(kind, error)
            except Exception as error:  # a defect of the soak itself
                self.report.fail(f"session {self.number}, {kind}: {error!r}")
            if self.steps.empty():
                self.idle.set()

    def _known_or_fail(self, kind, error):
        connection, self.connection = self.connection, None
        if is_lost(error, connection):
            self.report.count("errors met", LOST)
        elif error.pgcode in KNOWN:
            self.report.count("errors met", KNOWN[error.pgcode])
            try:
                connection.cursor().execute("rollback")  # its own rollback() does nothing in autocommit
                self.connection = connection
                return
            except psycopg2.Error:
                pass
        else:
            self.report.fail(f"session {self.number}, {kind}: {error.pgcode} {error}")
        if connection:
            try:
                connection.close()
            except psycopg2.Error:
                pass

    def _connect(self):
        last = None

        def connected():
            nonlocal last
            try:
                self.connection = self.cluster.primary.connect(
                    user="soak_writer", application_name=f"soak writer {self.number}",
                    options="-c lock_timeout=5s -c statement_timeout=20s -c client_min_messages=error",
                )  # fmt: skip
            except psycopg2.OperationalError as error:
                last = error
                return False
            return True

        wait_for(connected, "a writer's connection", self.report, every_s=0.05, why=lambda: f"({last})")
        self.connection.autocommit = True
        self.backend_pid = self.connection.info.backend_pid

    def _step(self, kind, rng):
        _, function, how = operations.KINDS[kind]
        if self.connection is None or self.connection.closed:
            self._connect()
        era = self.floors.era
        isolation = how.get("isolation") or rng.choices(
            ["read committed", "repeatable read", "serializable"], [6, 3, 1]
        )[0]  # fmt: skip
        end = how.get("end", "commit")
        with self.connection.cursor() as cursor:
            transaction = Transaction(self, cursor, rng)
            cursor.execute(f"begin isolation level {isolation}")
            if rng.random() < 0.25 or self.clock.is_asynchronous:
                cursor.execute("set local synchronous_commit = off")
            if end.endswith("prepared"):
                cursor.execute("set local inventory.ring = off")
            function(transaction)
            if "hold_steps" in how:
                self.hold(how["hold_steps"])
            xid, versions = self._written(cursor, isolation)
            happened = self._end(cursor, end)
        self.report.count("SQL", kind)
        self.report.count("isolation", isolation)
        if xid and happened and not end.startswith("rollback"):
            self.floors.committed(era, xid, versions)

    @staticmethod
    def _written(cursor, isolation):
        """The last version of each stock row that this transaction wrote. Not under SERIALIZABLE, where looking is a conflict."""
        if isolation == "serializable":
            return None, {}
        cursor.execute(
            """select pg_current_xact_id_if_assigned()::text,
                   coalesce(jsonb_agg(jsonb_build_array(h.a, h.b, h.version)), '[]')
               from (
                   select distinct on (a, b) a, b, case op when 'D' then (image ->> 'version')::bigint + 1
                       else (image ->> 'version')::bigint end as version
                   from soak.history where tab = 'inventory_stock' and op <> 'T' and xid = pg_current_xact_id_if_assigned()
                   order by a, b, seq desc
               ) as h"""
        )
        xid, rows = cursor.fetchone()
        return xid, {(a, b): version for a, b, version in rows if a is not None}

    def _end(self, cursor, end):
        if not end.endswith("prepared"):
            cursor.execute(end)
            return True
        name = f"soak-{self.number}-{time.monotonic_ns()}"
        cursor.execute("prepare transaction %s", (name,))
        self.hold(3)
        try:
            cursor.execute(f"{end} %s", (name,))
            return True
        except (psycopg2.errors.UndefinedObject, psycopg2.errors.ObjectNotInPrerequisiteState):
            # Settled by settle_prepared() after a fault, one way or the other, or being settled by it just now.
            self.report.count("errors met", "prepared transaction gone")
            return False


def settle_prepared(connection, rng, report):
    """Ends what sessions that died had prepared."""
    with connection.cursor() as cursor:
        cursor.execute("select gid from pg_prepared_xacts where database = current_database()")
        for (gid,) in cursor.fetchall():
            end = rng.choice(["commit prepared", "rollback prepared"])
            try:
                cursor.execute(f"{end} %s", (gid,))
                report.count("prepared transactions of the dead", end)
            except psycopg2.errors.UndefinedObject:
                pass
