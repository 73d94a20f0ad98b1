"""Readers: one thread per stockd, asking over HTTP all the time, and judging every answer by what writers had committed."""

import http.client
import random
import threading
import time
import urllib.parse

from soak.operations import STEADY_PRODUCTS, STEADY_STORES

STORE_IDS = {f"S-{n}": n for n in range(1, STEADY_STORES + 1)}
PRODUCT_IDS = {f"P-{n:02}": n for n in range(1, STEADY_PRODUCTS + 1)}
PAUSE_S = 0.01


def sku_of(product):
    return f"P-{product:02}"


class Reader:
    def __init__(self, stockd, report, floors, clock, seed):
        self.stockd = stockd
        self.report = report
        self.floors = floors
        self.clock = clock
        self.asking = threading.Lock()
        self.rng = random.Random(seed)
        self.connection = None
        self.life = None
        self.settled_era = None
        self.seen = {}
        threading.Thread(target=self._work, daemon=True, name="reader of " + stockd.name).start()

    def _work(self):
        while not self.report.stop.wait(PAUSE_S):
            try:
                with self.asking:
                    self._ask()
            except (OSError, http.client.HTTPException, ValueError):
                self.report.count("reads", "no answer")
                self.connection = None
            except Exception as error:  # a defect of the soak itself
                self.report.fail(f"reader of {self.stockd.name}: {error!r}")

    def _ask(self):
        """At a quiet point nothing that makes stockd look: it would hide a lost wake-up."""
        waking = [] if self.clock.finish.is_set() else [self._ticket, self._version]
        self.rng.choice([self._one, self._one, self._list, *waking])()

    def wait_until_asked(self):
        """Until the question that it has in hand is answered."""
        with self.asking:
            pass

    def _get(self, path):
        """The products of an answer, and from when on its content must be. None when it promises nothing."""
        if self.connection is None or self.life != self.stockd.life:
            if self.stockd.addresses is None:
                raise OSError("not started")
            self.life = self.stockd.life
            self.connection = http.client.HTTPConnection(*self.stockd.addresses[0], timeout=15)
            self.seen = {}
            self.settled_era = None
        era, sent = self.floors.era, time.monotonic()
        status, headers, body = self.stockd.get(path, connection=self.connection)
        if status != 200:
            self.report.count("reads", f"{status} {body.get('code')}")
            return status, None, None, None
        products = body["products"] if "products" in body else [body]
        looked = sent - int(headers["Stockd-Age-Ms"]) / 1000 - 0.001
        is_fresh = headers["Stockd-Stale"] == "false"
        rows = {
            (STORE_IDS[row["storeId"]], PRODUCT_IDS[product["productId"]]): row
            for product in products if product["productId"] in PRODUCT_IDS
            for row in product["stores"] if row["storeId"] in STORE_IDS
        }  # fmt: skip
        self._check_order(era, is_fresh and looked > self.floors.era_began, rows)
        if not is_fresh:
            self.report.count("reads", "stale")
            return status, rows, None, era
        self.report.count("reads", "fresh")
        if era != self.floors.era or self.floors.is_restless or looked <= self.floors.era_began:
            return status, rows, None, era
        return status, rows, looked, era

    def _check_order(self, era, is_of_this_life, rows):
        """Versions never go back for a reader, once it has seen this life of the database."""
        # In an unrest the old life goes on until the kill, and the new one begins before the unrest is declared over.
        if era != self.floors.era or self.floors.is_restless:
            return
        if self.settled_era != era:
            self.seen = {}
            if not is_of_this_life:
                return
            self.settled_era = era
        for key, row in rows.items():
            if row["version"] < self.seen.get(key, 0):
                self.report.fail(
                    f"{self.stockd.name}: version of {key} went back from {self.seen[key]} to {row['version']}",
                    f"{row}", key,
                )  # fmt: skip
            self.seen[key] = row["version"]

    def _check_floors(self, rows, keys, looked, era):
        answered = time.time()
        for key in keys:
            required = self.floors.required(*key, looked)
            row = rows.get(key)
            if era != self.floors.era:
                return
            if row is None:
                if required:
                    self.floors.defer(era, "gone", *key, (required, answered), f"{self.stockd.name} served nothing")
            elif row["version"] < required:
                self.report.fail(
                    f"{self.stockd.name} served version {row['version']} of {key} as fresh, {required} had been committed"
                    f" {time.monotonic() - looked:.3f} s before now at the latest",
                    row=key,
                )
            else:
                self.report.count("reads", "rows held against commits")

    def _defer_images(self, rows, era):
        for key in self.rng.sample(sorted(rows), min(2, len(rows))):
            row = rows[key]
            self.floors.defer(
                era, "image", *key, (row["version"], row["onHand"], row["reserved"], row["lowStockThreshold"]), self.stockd.name
            )

    def _one(self):
        product = self.rng.randint(1, STEADY_PRODUCTS)
        status, rows, looked, era = self._get(f"/api/inventory/{sku_of(product)}")
        if status == 200 and looked is not None:
            self._check_floors(rows, [(store, product) for store in STORE_IDS.values()], looked, era)
            self._defer_images(rows, era)

    def _list(self):
        status, rows, looked, era = self._get("/api/inventory?limit=1000")
        if status == 200 and looked is not None:
            keys = [(store, product) for store in STORE_IDS.values() for product in PRODUCT_IDS.values()]
            self._check_floors(rows, keys, looked, era)
            self._defer_images(rows, era)

    def _ticket(self):
        era = self.floors.era
        if not (some := self.floors.some_ticket(self.rng)):
            return
        xid, versions = some
        keys = [key for key in versions if key[0] <= STEADY_STORES and key[1] <= STEADY_PRODUCTS]
        if not keys:
            return
        key = self.rng.choice(keys)
        query = urllib.parse.urlencode({"ticket": xid, "wait_ms": self.rng.choice([100, 2000])})
        status, rows, _, _ = self._get(f"/api/inventory/{sku_of(key[1])}?{query}")
        if era != self.floors.era or self.floors.is_restless:
            return
        if status == 400:
            self.report.fail(f"{self.stockd.name} refused ticket {xid}, which was committed")
        if status != 200:
            return
        self.report.count("reads", "by ticket")
        self._require(rows, key, versions[key], era, f"ticket {xid}")

    def _version(self):
        era = self.floors.era
        if not (some := self.floors.some_ticket(self.rng)):
            return
        key, version = self.rng.choice(sorted(some[1].items()))
        if key[0] > STEADY_STORES or key[1] > STEADY_PRODUCTS:
            return
        query = urllib.parse.urlencode({"store": f"S-{key[0]}", "min_version": version, "wait_ms": 100})
        status, rows, _, _ = self._get(f"/api/inventory/{sku_of(key[1])}?{query}")
        if status != 200 or era != self.floors.era or self.floors.is_restless:
            return
        self.report.count("reads", "by version")
        if key not in rows or rows[key]["version"] < version:
            self.report.fail(f"{self.stockd.name} answered min_version={version} of {key} with {rows.get(key)}", row=key)

    def _require(self, rows, key, version, era, what):
        row = rows.get(key)
        if row is None:
            self.floors.defer(era, "gone", *key, (version, time.time()), f"{self.stockd.name} served nothing for {what}")
        elif row["version"] < version:
            self.report.fail(f"{self.stockd.name} answered {what} with version {row['version']} of {key}, not {version}", row=key)
