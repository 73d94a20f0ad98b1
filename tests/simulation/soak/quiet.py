"""The quiet point: the sessions stop, lone writes ring one after the other, and then all copies must equal the tables."""

import json
import random

import psycopg2

from soak.checker import difference
from soak.cluster import is_lost
from soak.oracle import History
from soak.report import Failed, wait_for
from soak.sessions import settle_prepared
from soak.views import add_truth, differences, is_folded, odd_events

STATE = """
select p.sku, p.name, p.pieces_per_pack, p.packs_per_box,
    (extract(epoch from greatest(p.updated_at, max(i.updated_at))) * 1000000)::bigint,
    coalesce(jsonb_agg(jsonb_build_array(
        i.code, i.on_hand, i.reserved, i.low_stock_threshold, i.version, i.allow_negative,
        (extract(epoch from i.updated_at) * 1000000)::bigint) order by i.code collate "C") filter (where i.code is not null), '[]')
from inventory.products as p
left join (
    select i.*, s.code from inventory.inventory_stock as i join inventory.stores as s on s.store_id = i.store_id and s.active
) as i on i.product_id = p.product_id
where p.active
group by p.product_id
order by p.sku collate "C"
"""
CONTRADICTIONS = """
select s.store_id, s.product_id, s.version, s.on_hand, l.versions, l.highest, l.on_hand
from inventory.inventory_stock as s
left join (
    select store_id, product_id, count(*) as versions, max(version) as highest, sum(on_hand_delta) as on_hand
    from inventory.stock_ledger group by store_id, product_id
) as l on l.store_id = s.store_id and l.product_id = s.product_id
where (s.version, s.version, s.on_hand) is distinct from (l.versions, l.highest, l.on_hand)
"""


#: Of the writes that ring alone at a quiet point, and how soon each must be seen. Chosen: far longer than a loaded machine needs.
ROUNDS = 20
WOKEN_WITHIN_S = 15
STORE, SKU = "S-1", "P-01"


class Quiet:
    def __init__(self, run):
        self.run = run
        self.report = run.report
        self.history = None
        self.connection = None

    def point(self, seed):
        run = self.run
        run.clock.finish.set()
        busy = [run.faults, *run.sessions]
        wait_for(lambda: all(one.idle.is_set() for one in busy), "everybody to finish", self.report, deadline_s=90)
        for program in run.programs:
            program.gate.heal()
            program.check_alive()
        for reader in run.readers:
            reader.wait_until_asked()
        self._connect(seed)
        self._write()  # without a backstop, silence alone makes a copy stale
        for stockd in run.stockds:
            wait_for(lambda s=stockd: s.ready() is True, "ready again", self.report)
        self._ring(random.Random(seed))
        expected = self._state()
        self._compare_oracle(expected)
        self._wait_for_copies(expected)
        self._compare_views()
        self._check_deferred()
        self.report.count("quiet points", "equal")
        run.clock.finish.clear()

    def _connect(self, seed):
        def connected():
            try:
                if self.connection is None or self.connection.closed:
                    self.history = None
                    self.connection = self.run.cluster.primary.connect(application_name="soak quiet")
                    add_truth(self.connection)
                settle_prepared(self.connection, random.Random(seed), self.report)
                return True
            except psycopg2.Error as error:
                if not is_lost(error, self.connection):
                    raise
                self.connection = None
                return False

        wait_for(connected, "the quiet connection", self.report)

    def _ring(self, rng):
        """A few writes at a time, close to each other, then silence: each of the last ones must wake everybody by itself."""
        run = self.run
        for _ in range(ROUNDS):
            for _ in range(rng.randint(1, 3)):
                self.report.stop.wait(rng.uniform(0, 0.02))
                version = self._write()
            for stockd in run.stockds:
                wait_for(lambda s=stockd: s.version_of(SKU, STORE) >= version, f"{stockd.name} to be woken", self.report, WOKEN_WITHIN_S)
                if (said := stockd.ready()) is not True:
                    self.report.fail(f"/ready of {stockd.name} said {said} while nothing was wrong")
            wait_for(lambda: run.checker.version_of(SKU, STORE) >= version, "the witness to be woken", self.report, WOKEN_WITHIN_S)
            self.report.count("quiet points", "lone writes that woke everybody")

    def _write(self):
        with self.connection.cursor() as cursor:
            cursor.execute(
                "insert into inventory.inventory_stock as s (store_id, product_id, on_hand) values (1, 1, 1)"
                " on conflict (store_id, product_id) do update set on_hand = s.on_hand + 1 returning version"
            )
            return cursor.fetchone()[0]

    def _state(self):
        with self.connection.cursor() as cursor:
            cursor.execute(CONTRADICTIONS)
            if wrong := cursor.fetchall():
                self.report.fail("stock and ledger contradict each other", str(wrong[:5]))
            cursor.execute(STATE)
            return [list(row) for row in cursor.fetchall()]

    def _compare_oracle(self, expected):
        """The oracle itself: its history must end in the tables."""
        if self.history is None:
            self.history = History(self.connection)
        else:
            self.history.refresh()
        found = self.history.state_at(self.history.seen)
        if found != expected:
            self.report.fail("the oracle's history differs from the tables", difference(expected, found))
        self.report.check()

    def _wait_for_copies(self, expected):
        run = self.run
        try:
            wait_for(lambda: run.checker.last == expected, "the witness to have the last write", self.report)
            as_served = [served_form(product) for product in expected]
            for stockd in run.stockds:
                wait_for(
                    lambda s=stockd: s.products() is not None and [of_answer(p) for p in s.products() or []] == as_served,
                    f"{stockd.name} to have the last write", self.report,
                )  # fmt: skip
        except Failed:
            self._explain(expected)
            raise

    def _compare_views(self):
        wait_for(lambda: is_folded(self.connection), "the views to be folded", self.report)
        for which in ("now", "mv"):
            if found := differences(self.connection, which):
                self.report.fail(f"a view differs from its GROUP BY at rest ({which})", found)
        if found := odd_events(self.connection):
            self.report.fail("low-stock events contradict each other", found)
        self.report.count("views", "compared at rest")
        self.report.check()

    def _explain(self, expected):
        print("the witness: " + difference(expected, self.run.checker.last or []))
        for stockd in self.run.stockds:
            try:
                served = stockd.get("/api/inventory?limit=1000")
                print(f"{stockd.name}: {dict(served[1])}")
                wanted = [served_form(product) for product in expected]
                got = [of_answer(product) for product in served[2].get("products", [])]
                print([(a, b) for a, b in zip(wanted, got) if a != b][:2], len(wanted), len(got))
                print(json.dumps(stockd.get("/status", admin=True)[2]))
            except Exception as error:
                print(f"{stockd.name}: {error!r}")
        with self.connection.cursor() as cursor:
            cursor.execute(
                "select pid, application_name, state, wait_event_type, wait_event, now() - state_change, left(query, 100)"
                " from pg_stat_activity where application_name <> ''"
            )
            for row in cursor.fetchall():
                print(row)
        for program in self.run.programs:
            print(f"--- {program.name}\n{program.log()[-1500:]}")

    def _check_deferred(self):
        for what, store, product, claim, who in self.run.floors.take_deferred():
            if what == "image" and not self.history.has_image(store, product, claim):
                self.report.fail(
                    f"{who} served {claim} of {(store, product)} as fresh, which never was",
                    self.history.tail([("inventory_stock", store, product)]),
                )
            elif what == "gone" and not self.history.was_gone_at(store, product, *claim):
                self.report.fail(
                    f"{who} of {(store, product)}, whose version {claim[0]} had been committed",
                    self.history.tail([("inventory_stock", store, product)]),
                )
            self.report.count("reads", f"held against the history ({what})")
        self.report.check()


def served_form(product):
    """Of the oracle's product, what the HTTP API says."""
    sku, name, pieces, packs, _, rows = product
    on_hand, reserved = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return [
        sku, name, pieces, packs, on_hand, reserved, on_hand - reserved,
        [[row[0], row[1], row[2], row[1] - row[2], row[3], row[4]] for row in rows],
    ]  # fmt: skip


def of_answer(product):
    return [
        product["productId"], product["productName"], product["piecesPerPack"], product["packsPerBox"], product["totalPieces"],
        product["reservedPieces"], product["availableTotal"],
        [
            [row["storeId"], row["onHand"], row["reserved"], row["available"], row["lowStockThreshold"], row["version"]]
            for row in product["stores"]
        ],
    ]  # fmt: skip
