"""V1: each view with its tail equals the GROUP BY written out, in any snapshot; folded, the view does."""

import collections
import random

import psycopg2
import pytest
from conftest import connect, differences, fold, rows, value


def line(sku, quantity, **more):
    return psycopg2.extras.Json([{"sku": sku, "quantity": quantity, **more}])


class Random:
    """Random work on a shop, of every kind that a view must hear of."""

    def __init__(self, shop, seed):
        self.shop = shop
        self.dice = random.Random(seed)
        self.done = collections.Counter()
        self.kinds = [getattr(self, name) for name in sorted(dir(self)) if name.startswith("do_")]

    def step(self, connection):
        work = self.dice.choice(self.kinds)
        try:
            with connection.cursor() as cursor:
                work(cursor)
            self.done[work.__name__] += 1
        except psycopg2.Error as error:
            # Refused: short of stock, reserved, lots that are open.
            assert error.pgcode == "23514" or error.pgcode.startswith("SD"), error
            connection.rollback()
        return work.__name__

    def key(self):
        return self.dice.choice(self.shop.store_ids), self.dice.choice(self.shop.product_ids)

    def store(self):
        return self.dice.choice(self.shop.stores)

    def sku(self):
        return self.dice.choice(self.shop.skus)

    def do_update(self, cursor):
        cursor.execute(
            "update inventory.inventory_stock set on_hand = greatest(reserved, on_hand + %s) where store_id = %s and product_id = %s",
            (self.dice.randint(-8, 8), *self.key()),
        )

    def do_update_many(self, cursor):
        cursor.execute(
            "update inventory.inventory_stock set on_hand = on_hand + %s where store_id = any(%s)",
            (self.dice.randint(0, 3), self.shop.store_ids),
        )

    def do_insert(self, cursor):
        cursor.execute(
            "insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold) values (%s, %s, %s, %s) on conflict do nothing",
            (*self.key(), self.dice.randint(0, 12), self.dice.randint(0, 6)),
        )

    def do_delete(self, cursor):
        cursor.execute("delete from inventory.inventory_stock where store_id = %s and product_id = %s and reserved = 0 and not keeps_lots", self.key())

    def do_ledger(self, cursor):
        cursor.execute(
            "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', %s, now() - make_interval(hours => %s))",
            (*self.key(), -self.dice.randint(0, 2), self.dice.randint(0, 900)),
        )

    def do_receive(self, cursor):
        more = {"unit_cost": self.dice.randint(1, 9)} if self.dice.random() < 0.7 else {}
        cursor.execute("select inventory.receive_purchase(%s, %s)", (self.store(), line(self.sku(), self.dice.randint(1, 9), **more)))

    def do_sell(self, cursor):
        cursor.execute(
            "select inventory.record_sale(%s, %s, occurred_at => now() - make_interval(hours => %s))",
            (self.store(), line(self.sku(), self.dice.randint(1, 5)), self.dice.choice([0, 0, 0, 30, 200, 1000])),
        )

    def do_reserve(self, cursor):
        cursor.execute(
            "select inventory.reserve_stock(%s, %s, %s)", (f"order-{self.dice.randint(1, 4)}", self.store(), line(self.sku(), self.dice.randint(1, 3)))
        )

    def do_unreserve(self, cursor):
        cursor.execute("select inventory.unreserve_stock(%s, %s)", (f"order-{self.dice.randint(1, 4)}", self.store()))

    def do_price(self, cursor):
        cursor.execute(
            "update inventory.products set base_price = %s where product_id = %s", (self.dice.choice([None, 1, 2.25, 7]), self.key()[1])
        )

    def do_category(self, cursor):
        cursor.execute(
            "update inventory.products set category_id = %s where product_id = %s",
            (self.dice.choice([None, *self.shop.categories]), self.key()[1]),
        )

    def do_product_active(self, cursor):
        cursor.execute("update inventory.products set active = not active where product_id = %s", (self.key()[1],))

    def do_store_active(self, cursor):
        cursor.execute("update inventory.stores set active = not active where store_id = %s", (self.key()[0],))

    def do_threshold(self, cursor):
        cursor.execute(
            "update inventory.inventory_stock set low_stock_threshold = %s where store_id = %s and product_id = %s",
            (self.dice.randint(0, 9), *self.key()),
        )

    def do_rename(self, cursor):
        cursor.execute("update inventory.products set name = %s where product_id = %s", (f"N{self.dice.random()}", self.key()[1]))

    def do_new_product(self, cursor):
        cursor.execute(
            "insert into inventory.products (sku, name, base_price) values (%s, 'New', 3) on conflict do nothing", (f"{self.shop.skus[0]}-{self.dice.randint(1, 40)}",)
        )

    def do_lots(self, cursor):
        cursor.execute("select inventory.set_lot_policy(%s, %s, %s)", (self.sku(), self.dice.choice(["fifo", "fefo", None]), 2))

    def do_lot_cost(self, cursor):
        cursor.execute(
            "select inventory.add_lot_cost(t.code, l.lot_id, 3) from inventory.stock_lots as l join inventory.stores as t using (store_id) "
            "where l.store_id = any(%s) and not l.is_debt and l.is_open order by l.lot_id limit 1", (self.shop.store_ids,),
        )

    def do_savepoint(self, cursor):
        cursor.execute("begin; savepoint a")
        self.do_update(cursor)
        cursor.execute("rollback to a")
        self.do_receive(cursor)
        cursor.execute("commit")


@pytest.mark.parametrize("seed", range(1, 3))
def test_each_view_with_its_tail_is_the_group_by_and_folded_it_is_too(session, shop, seed):
    reader, folder = session(), connect()
    work = Random(shop(stores=3, products=5), seed)
    writer = work.shop.connection
    for step in range(150):
        done = work.step(writer)
        assert differences(reader, "now") == [], (seed, step, done)
        if work.dice.random() < 0.3:
            rebuild = work.dice.random() < 0.1
            fold(folder, rebuild)
            assert differences(reader, "mv") == [], (seed, step, done, rebuild)
            assert differences(reader, "now") == [], (seed, step, done, rebuild)
    assert {kind.__name__ for kind in work.kinds} == set(work.done), "every kind was done"


def test_a_fold_between_a_transactions_statements_takes_what_is_committed_and_no_more(session, shop):
    s = shop()
    s.stock(20)
    s.stock(30, product=1)
    folder, reader = connect(), session()
    fold(folder)
    writer = session()
    writer.autocommit = False
    s.set(19, connection=writer)
    assert differences(writer, "now") == [], "own uncommitted changes count"
    fold(folder)
    assert differences(reader, "now") == [] and differences(reader, "mv") == []
    assert differences(writer, "now") == []
    s.set(28, product=1, connection=writer)
    fold(folder)
    s.set(18, connection=writer)
    assert differences(writer, "now") == []
    writer.commit()
    writer.autocommit = True
    assert differences(reader, "now") == []
    assert differences(reader, "mv") != [], "nobody has folded"
    fold(folder)
    assert differences(reader, "mv") == []


def test_an_old_snapshot_stays_true_while_others_fold(session, shop):
    s = shop()
    s.stock(20)
    folder, reader = connect(), session()
    reader.autocommit = False
    reader.set_session(isolation_level="REPEATABLE READ")
    assert differences(reader, "now") == []
    for on_hand in (19, 3, 7):
        s.set(on_hand)
        fold(folder)
        assert differences(reader, "now") == []
    reader.rollback()
    assert differences(reader, "now") == [] and differences(reader, "mv") == []


def test_after_midnight_the_days_of_sales_are_the_new_ones_before_anybody_folds(session, shop):
    """As if nobody had folded since yesterday: what was sold 31 days ago counted then, what was sold yesterday did not."""
    s = shop()
    s.stock(100)
    for days, units in ((31, 40), (1, 57)):
        rows(
            s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', %s, now() - make_interval(days => %s))",
            s.store_ids[0], s.product_ids[0], -units, days,
        )
    folder, reader = connect(), session()
    fold(folder)
    rows(folder, "update inventory.folded_stores set day = day - 1 where store_id = %s", s.store_ids[0])
    rows(folder, "update inventory.folded_alerts set sold_30 = 40, rank = inventory._alert_rank(available, 40) where store_id = %s", s.store_ids[0])
    assert differences(reader, "now") == []
    assert rows(reader, "select sold_30, rank from inventory.low_stock_alerts_now where store = %s", s.stores[0]) == [(57, 3 * 30 / 57)]
    rows(folder, "update inventory.fold_state set turned_at = turned_at - interval '1 day'")
    fold(folder)
    assert differences(reader, "mv") == [], "the first fold of the day counts anew"


def test_a_long_tail_is_counted_once(session, shop):
    """More than a look-up for each is worth: everything is compared instead, and nothing is told twice."""
    s = shop()
    s.stock(100)
    s.stock(7, product=1)
    folder, reader = connect(), session()
    fold(folder)
    s.set(3)
    rows(
        s.connection,
        "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) select %s, %s, 'adjustment', 1 from generate_series(1, 20001)",
        s.store_ids[0], s.product_ids[1],
    )
    assert value(folder, "select inventory._is_long_tail(pg_snapshot_xmax(s.snapshot), '{}', e) from inventory.fold_state as s, inventory.epoch as e")
    assert differences(reader, "now") == []
    fold(folder)
    assert not value(folder, "select inventory._is_long_tail(pg_snapshot_xmax(s.snapshot), '{}', e) from inventory.fold_state as s, inventory.epoch as e")
    assert differences(reader, "mv") == []
