"""What the tests of the views share: sessions that know the truth, and shops."""

import itertools
import os
import pathlib
import time

import psycopg2
import psycopg2.extras
import pytest

SQL = pathlib.Path(__file__).resolve().parents[2] / "sql"
_numbers = itertools.count(1)


def connect():
    connection = psycopg2.connect(dbname=os.environ["PGDATABASE"])
    connection.autocommit = True
    return connection


def rows(connection, sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def value(connection, sql, *values):
    return rows(connection, sql, *values)[0][0]


def fold(connection, rebuild=False):
    """(rows folded, why it rebuilt, events written)"""
    return rows(connection, "select * from inventory.fold_views(%s)", rebuild)[0]


def wait_for(condition, deadline_s=30):
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the deadline has passed"
        time.sleep(0.01)


def differences(connection, which):
    return rows(connection, f"select relation, side, row from differences_{which} order by 1, 2 limit 6")


@pytest.fixture
def session():
    """Makes sessions that have the views' truth as temporary views."""
    made = []

    def make():
        connection = connect()
        with connection.cursor() as cursor:
            cursor.execute((SQL / "views_truth.sql").read_text())
        made.append(connection)
        return connection

    yield make
    for each in made:
        each.close()


class Shop:
    """Stores, categories and products of its own."""

    def __init__(self, connection, stores=2, products=4):
        n = next(_numbers)
        self.connection = connection
        self.stores = [f"v{n}-s{i}" for i in range(stores)]
        self.skus = [f"v{n}-p{i}" for i in range(products)]
        self.categories = [
            value(connection, "insert into inventory.categories (code, name) values (%s, '') returning category_id", f"v{n}-c{i}")
            for i in range(2)
        ]
        self.store_ids = [
            value(
                connection, "insert into inventory.stores (code, name, time_zone) values (%s, '', %s) returning store_id", code,
                ["UTC", "Asia/Tokyo", "America/New_York"][i % 3],
            )
            for i, code in enumerate(self.stores)
        ]
        self.product_ids = [
            value(
                connection,
                "insert into inventory.products (sku, name, category_id, base_price, pieces_per_pack, packs_per_box) "
                "values (%s, %s, %s, %s, 6, 4) returning product_id",
                sku, f"Product {sku}", [None, *self.categories][i % 3], [None, 2.5, 10][i % 3],
            )
            for i, sku in enumerate(self.skus)
        ]

    def stock(self, on_hand, threshold=5, store=0, product=0, allow_negative=False):
        rows(
            self.connection,
            "insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold, allow_negative) values (%s, %s, %s, %s, %s)",
            self.store_ids[store], self.product_ids[product], on_hand, threshold, allow_negative,
        )

    def set(self, on_hand, store=0, product=0, connection=None):
        rows(
            connection or self.connection, "update inventory.inventory_stock set on_hand = %s where store_id = %s and product_id = %s",
            on_hand, self.store_ids[store], self.product_ids[product],
        )

    def events(self, store=0, product=0):
        """Low-stock events of a stock row, in order: (type, available before, after)."""
        return [
            (kind.removeprefix("low_stock_"), changes[0]["oldValue"], changes[0]["newValue"])
            for kind, changes in rows(
                self.connection,
                "select type, changes from inventory.inventory_event where store_id = %s and product_id = %s and type like 'low_stock%%' order by event_seq",
                self.store_ids[store], self.product_ids[product],
            )
        ]


@pytest.fixture
def shop(session):
    def make(**sizes):
        return Shop(session(), **sizes)

    return make
