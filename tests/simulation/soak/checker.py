"""Compares every state that the witness publishes with the oracle's, as of the same position."""

import json
import queue
import threading

import psycopg2

from soak.cluster import is_lost
from soak.oracle import ChangedLife, History, Position
from soak.report import Failed, wait_for

BATCH = 200


def difference(expected, found):
    """The first product that differs, and its keys' names."""
    by_sku = {product[0]: product for product in expected}
    for product in found:
        wanted = by_sku.pop(product[0], None)
        if wanted != product:
            rows = [] if wanted is None else [(a, b) for a, b in zip(wanted[5], product[5]) if a != b]
            return f"expected {wanted}\n   found {product}\n    rows {rows}"
    return f"missing {list(by_sku.values())[:3]}" if by_sku else "only the order differs"


class Checker:
    def __init__(self, cluster, witness, report):
        self.cluster = cluster
        self.witness = witness
        self.report = report
        self.history = None
        self.before = None  # the last position of this incarnation
        self.versions = {}  # (sku, store) -> version, in this incarnation
        self.last = None  # the last products published
        threading.Thread(target=self._work, daemon=True, name="checker").start()

    def _work(self):
        try:
            while not self.report.stop.is_set():
                lines = self._take()
                if lines:
                    self._check_lines(lines)
        except Failed:
            pass
        except Exception as error:  # a defect of the soak itself
            self.report.fail(f"checker: {error!r}")

    def version_of(self, sku, store):
        """In the last state that was published; 0 when that does not have the row."""
        return next((row[4] for product in self.last or () if product[0] == sku for row in product[5] if row[0] == store), 0)

    def _take(self):
        lines = []
        try:
            lines.append(self.witness.lines.get(timeout=0.2))
            while len(lines) < BATCH:
                lines.append(self.witness.lines.get_nowait())
        except queue.Empty:
            pass
        return lines

    def _connect(self):
        def loaded():
            connection = None
            try:
                connection = self.cluster.primary.connect(application_name="soak checker")
                connection.autocommit = True
                self.history = History(connection)
                return True
            except psycopg2.Error as error:
                if is_lost(error, connection):
                    return False
                raise

        wait_for(loaded, "the checker's connection", self.report, every_s=0.05)

    def _refresh(self):
        """True when the history that is held goes on; it is loaded anew when the database died."""
        if self.history is None:
            self._connect()
            return
        try:
            self.history.refresh()
        except (psycopg2.Error, ChangedLife) as error:
            if isinstance(error, psycopg2.Error) and not is_lost(error, self.history.connection):
                raise
            self.history = None
            self._connect()

    def _check_lines(self, lines):
        self._refresh()
        for text in lines:
            if text is None:
                self.before = None
                continue
            line = json.loads(text)
            if not line["loaded"]:
                self.report.count("published states", "empty")
                continue
            self._check(Position(line["position"]), line)

    def _check(self, position, line):
        found = line["products"]
        if self.before is None or self.before.incarnation != position.incarnation:
            self.versions = {}
        elif not self.before.snapshot.is_before_or_at(position.snapshot):
            self.report.fail(f"the position went back: {self.before.text} then {position.text}")
        self.before = position
        self._check_versions(position, found)
        if self.history.incarnation == position.incarnation:
            expected = self.history.state_at(position.snapshot)
            if expected != found:
                self.report.fail(
                    f"the witness differs from the tables at {position.text}",
                    difference(expected, found) + "\n" + self._tail(expected, found),
                )
            self.report.count("published states", "compared")
        else:
            # The database of this position died before its state could be looked up.
            self.report.count("published states", "of a dead life")
        self.last = found

    def _check_versions(self, position, found):
        for product in found:
            for row in product[5]:
                key = product[0], row[0]
                if row[4] < self.versions.get(key, 0):
                    self.report.fail(
                        f"version of {key} went back to {row[4]} from {self.versions[key]} at {position.text}",
                        row=self.history.stock_key(*key),
                    )
                self.versions[key] = row[4]

    def _tail(self, expected, found):
        ids = {image.image["sku"]: key[1] for key, rows in self.history.rows.items() if key[0] == "products" for image in rows}
        wanted = {product[0]: product for product in expected}
        got = {product[0]: product for product in found}
        skus = [sku for sku in sorted({*wanted, *got}) if wanted.get(sku) != got.get(sku)][:1]
        keys = [key for key in self.history.rows for sku in skus if ids.get(sku) in key[1:] and key[0] != "stores"]
        return self.history.tail(keys)
