"""What the tests on the large data sets share: the data, a database, and calls of the engine as a client's program makes them."""

import csv
import gzip
import io
import json
import os
import sys

import psycopg2.extras

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system", "import"))
from import_support import BIN, Database, stockctl  # noqa: E402, F401

DATA = os.environ.get("STOCKD_TEST_DATA", "")
WHOLE = os.environ.get("ACCEPTANCE") == "whole"

# What of online-retail is no article: by class, the patterns of its codes.
CLASSES = {
    "postage": ["POST", "DOT", "C2"],
    "manual": ["M", "m"],
    "discount": ["D"],
    "samples": ["S"],
    "charges": ["BANK CHARGES", "AMAZONFEE"],
    "donation": ["CRUK"],
    "bad-debt": ["B"],
    "voucher": ["gift_*"],
}


def read(name, encoding="utf-8", header=None):
    """The lines of a CSV file of the data, packed or not, as dicts. A file without a heading is given one."""
    path = os.path.join(DATA, name)
    with gzip.open(path, "rb") if name.endswith(".gz") else open(path, "rb") as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        reader = csv.DictReader(text, header)
        # Some headings end in a blank.
        reader.fieldnames = [heading.strip() for heading in reader.fieldnames]
        return list(reader)


def chunks(items, size):
    for start in range(0, len(items), size):
        yield items[start:start + size]


class Engine:
    """The operations, called with named arguments as any client would call them."""

    def __init__(self, database):
        self.database = database

    def __getattr__(self, operation):
        def call(**arguments):
            named = ", ".join(f'"{name}" => %s' for name in arguments)
            return self.database.value(
                f"select inventory.{operation}({named})",
                *(psycopg2.extras.Json(each) if isinstance(each, (dict, list)) else each for each in arguments.values()),
            )
        return call

    def done(self, operation, **arguments):
        answer = getattr(self, operation)(**arguments)
        assert answer["success"], (operation, arguments, answer)
        return answer

    def make(self, store, skus, units=None):
        self.database.rows("insert into inventory.stores (code, name) values (%s, %s)", store, store)
        self.database.rows(
            "insert into inventory.products (sku, name, base_unit) select k.sku, k.sku, k.unit from unnest(%s, %s) as k (sku, unit)",
            list(skus), [(units or {}).get(sku, "piece") for sku in skus],
        )

    def on_hand(self):
        return {sku: on_hand for (_, sku), (on_hand, _) in self.database.stock().items()}

    def proven(self, store):
        """verify() has walked everything and found nothing."""
        while True:
            answer = self.verify(store=store)
            assert answer["success"] and answer["open"] == 0, json.dumps(answer)
            if answer["complete"]:
                break
        self.database.check_exact()
