"""One seed: a cluster, its followers, its writers, and a schedule that comes from the seed alone."""

import os
import random
import shutil
import subprocess
import tempfile
import threading
import time

import psycopg2

from soak import faults, operations
from soak.checker import Checker
from soak.cluster import Cluster
from soak.faults import Faults
from soak.oracle import SQL, History
from soak.processes import BIN, Stockd, Witness
from soak.quiet import Quiet
from soak.readers import Reader, sku_of
from soak.report import Failed, Report, wait_for
from soak.sessions import Floors, Session
from soak.views import ViewReader

SESSIONS = 8
VIEW_READERS = 2
# Days begin at different times.
TIME_ZONES = ["UTC", "Asia/Tokyo", "America/New_York"]
QUIET_EVERY = 40


#: Between the operations that fill the time while the faults are busy.
FILL_S = 0.02


class Clock:
    """What has been given so far. `finish` tells whoever holds on to let go, and that nobody is to wake a stockd by asking."""

    def __init__(self):
        self.step = 0
        self.given = 0
        self.finish = threading.Event()
        self.is_asynchronous = False


class Deck:
    """Draws every card before any comes again: no kind is left to chance."""

    def __init__(self, cards, rng):
        self.cards = cards
        self.rng = rng
        self.left = []

    def draw(self):
        if not self.left:
            self.left = list(self.cards)
            self.rng.shuffle(self.left)
        return self.left.pop()


class Run:
    def __init__(self, seed, steps, fault_every, only_faults=None):
        self.seed = seed
        self.steps = steps
        self.fault_every = fault_every
        self.rng = random.Random(seed)
        self.report = Report(seed)
        self.clock = Clock()
        self.floors = Floors()
        # Even seeds have no backstop poll: the doorbell alone carries them.
        self.has_backstop = seed % 2 == 1
        self.stockd_count = self.rng.randint(1, 3)
        self.fault_kinds = sorted(only_faults if only_faults is not None else faults.KINDS)
        self.folder = tempfile.mkdtemp(prefix="stockd-soak-")
        self.cluster = None
        self.stockds = []
        self.readers = []
        self.witness = None

    @property
    def programs(self):
        return [*self.stockds, self.witness]

    def execute(self):
        """The report; what it needs is taken away again."""
        try:
            self._start()
            self._steps()
            for program in self.programs:
                program.stop()
        except Failed:
            pass
        finally:
            self.report.stop.set()
            self._add_history()
            for program in [*self.stockds, self.witness]:
                if program:
                    program.close()
            if self.cluster:
                self.cluster.close()
            if os.environ.get("STOCKD_SOAK_KEEP") and self.report.failure:
                print(f"kept: {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)
        return self.report

    def _add_history(self):
        """To a failure that is about a stock row: its last images, as long as the database answers."""
        if self.report.row is None:
            return
        try:
            connection = self.cluster.primary.connect(application_name="soak post-mortem")
            self.report.failure += "\n" + History(connection).tail([("inventory_stock", *self.report.row)])
        except psycopg2.Error as error:
            self.report.failure += f"\n(its history cannot be read: {error})"

    def _start(self):
        os.chmod(self.folder, 0o711)
        self.cluster = Cluster(self.folder, self.report)
        self.cluster.create()
        url = f"postgresql:///soak?host={self.cluster.sockets}&port={self.cluster.primary.port}&user=postgres"
        subprocess.run([os.path.join(BIN, "stockctl"), "migrate", "-q", "-d", url], check=True, timeout=120)
        self._fill()
        for number in range(self.stockd_count):
            self.stockds.append(Stockd(f"stockd-{number + 1}", self.cluster, self.report, self.has_backstop))
            self.stockds[-1].start()
        self.witness = Witness(self.cluster, self.report, self.has_backstop)
        self.witness.start()
        self.checker = Checker(self.cluster, self.witness, self.report)
        for stockd in self.stockds:
            wait_for(lambda s=stockd: s.products(), f"{stockd.name} to have loaded", self.report)
        self.sessions = [
            Session(number, self.cluster, self.report, self.floors, self.clock) for number in range(1, SESSIONS + 1)
        ]
        self.faults = Faults(
            self.cluster, self.stockds, self.witness, self.report, self.floors, self.clock, self.has_backstop
        )
        for stockd in self.stockds:
            self.readers.append(Reader(stockd, self.report, self.floors, self.clock, self.rng.random()))
        for _ in range(VIEW_READERS):
            ViewReader(self.cluster, self.report)
        self.quiet = Quiet(self)

    def _fill(self):
        connection = self.cluster.primary.connect()
        with connection.cursor() as cursor:
            for role, member in [("writer", "admin"), ("daemon", "daemon"), ("reader", "reader")]:
                cursor.execute(f"create role soak_{role} login password %s in role inventory_{member}", (self.cluster.password,))
            with open(SQL, encoding="utf-8") as file:
                cursor.execute(file.read())
            cursor.execute("insert into inventory.categories (code, name) values ('C-1', 'Category'), ('C-2', 'Category')")
            for store in range(1, operations.STORES + 1):
                cursor.execute(
                    "insert into inventory.stores (code, name, time_zone) values (%s, 'Store', %s)",
                    (f"S-{store}", TIME_ZONES[store % len(TIME_ZONES)]),
                )
            for product in range(1, operations.PRODUCTS + 1):
                cursor.execute(
                    "insert into inventory.products (sku, name, category_id, base_price) values (%s, 'Product', nullif(%s, 0), 2.5)",
                    (sku_of(product), product % 3),
                )
            cursor.execute(
                "insert into inventory.inventory_stock (store_id, product_id, on_hand, allow_negative)"
                " select s.store_id, p.product_id, 100, s.store_id = 3 from inventory.stores as s, inventory.products as p"
            )
        connection.close()

    def _steps(self):
        kinds = self._kinds(self.rng)
        failures = Deck(self.fault_kinds, self.rng)
        self.filler = random.Random(f"filler {self.seed}")
        self.filling = self._kinds(self.filler)
        begun = time.monotonic()
        for step in range(1, self.steps + 1):
            self.report.check()
            self.report.step = self.clock.step = step
            seed = self.rng.getrandbits(48)
            if self.fault_kinds and step % self.fault_every == 0:
                kind = failures.draw()
                while not self.faults.take(kind, seed):
                    self._fill_time()
            else:
                self.rng.choice(self.sessions).give(kinds.draw(), seed)
            if step % QUIET_EVERY == 0 or step == self.steps:
                while not self.faults.idle.is_set():
                    self._fill_time()
                self.quiet.point(seed)
        self.report.took("seed", time.monotonic() - begun)

    @staticmethod
    def _kinds(rng):
        return Deck([name for name, (weight, *_) in sorted(operations.KINDS.items()) for _ in range(weight)], rng)

    def _fill_time(self):
        """Writers go on while a fault lasts, for as long as that takes: how many operations they get, the seed does not say."""
        self.report.check()
        free = [session for session in self.sessions if not session.steps.full()]
        if free:
            self.filler.choice(free).give(self.filling.draw(), self.filler.getrandbits(48))
        self.report.stop.wait(FILL_S)


def fault_kinds(options):
    """None: all."""
    return None if options.faults is None else [kind for kind in options.faults.split(",") if kind]


def run_seed(seed, options):
    """(counts, longest waits, failure or None) of one seed, as plain values: it may be run by another process."""
    run = Run(seed, options.steps, options.fault_every, fault_kinds(options))
    kind = "with the backstop" if run.has_backstop else "doorbell alone"
    print(f"seed {seed}: {options.steps} steps, {run.stockd_count} stockd, {kind}", flush=True)
    report = run.execute()
    return {group: dict(kinds) for group, kinds in report.counts.items()}, dict(report.slowest), report.failure
