"""Low-stock events: one per real crossing, whatever the batches (T23)."""

import itertools
import random
import threading

import psycopg2
import pytest
from conftest import connect, differences, fold, rows, value, wait_for


def test_a_crossing_is_one_event_and_one_alert(shop):
    s = shop()
    s.stock(10)
    folder = connect()
    fold(folder)
    assert s.events() == []
    s.set(5)
    assert fold(folder)[2] == 1
    s.set(4)
    fold(folder)
    assert s.events() == [("alert", 10, 5)]
    since = value(s.connection, "select since from inventory.low_stock_alerts_mv where store = %s", s.stores[0])
    fold(folder, rebuild=True)
    assert value(s.connection, "select since from inventory.low_stock_alerts_mv where store = %s", s.stores[0]) == since, "kept over a rebuild"
    s.set(6)
    fold(folder)
    fold(folder)
    assert s.events() == [("alert", 10, 5), ("cleared", 4, 6)]
    assert rows(s.connection, "select * from inventory.low_stock_alerts_mv where store = %s", s.stores[0]) == []


def test_what_rolls_back_or_a_transaction_takes_back_crosses_nothing(shop):
    s = shop()
    s.stock(10)
    folder = connect()
    fold(folder)
    s.connection.autocommit = False
    s.set(1)
    s.connection.rollback()
    s.set(1)
    s.set(9)
    s.connection.commit()
    rows(s.connection, "savepoint a")
    s.set(2)
    rows(s.connection, "rollback to a")
    s.set(8)
    s.connection.commit()
    fold(folder)
    assert s.events() == []
    s.set(9)
    s.set(2)
    s.connection.commit()
    s.set(12)
    s.set(1)
    s.set(11)
    s.connection.commit()
    fold(folder)
    assert s.events() == [("alert", 8, 2), ("cleared", 2, 11)], "both inside one batch"


def test_a_row_that_is_made_low_crosses_nothing_until_it_does(shop):
    s = shop()
    folder = connect()
    s.stock(2)
    fold(folder)
    assert s.events() == []
    s.stock(9, product=1)
    s.set(4, product=1)
    fold(folder)
    assert s.events(product=1) == [("alert", 9, 4)], "made and crossed between two folds"
    assert len(rows(s.connection, "select * from inventory.low_stock_alerts_mv where store = %s", s.stores[0])) == 2
    s.set(7)
    rows(s.connection, "delete from inventory.inventory_stock where store_id = %s and product_id = %s", s.store_ids[0], s.product_ids[1])
    fold(folder)
    assert s.events() == [("cleared", 2, 7)]
    assert [e[0] for e in s.events(product=1)] == ["alert", "cleared"], "a row that goes is low no more"
    assert rows(s.connection, "select * from inventory.low_stock_alerts_mv where store = %s", s.stores[0]) == []


def test_thresholds_cross_too_in_the_order_in_which_they_were_set(shop):
    s = shop()
    s.stock(10)
    folder = connect()
    fold(folder)
    def threshold(units):
        rows(s.connection, "update inventory.inventory_stock set low_stock_threshold = %s where store_id = %s and product_id = %s", units, s.store_ids[0], s.product_ids[0])
    threshold(12)
    threshold(3)
    s.set(4)
    threshold(4)
    s.set(5)
    fold(folder)
    assert [e[0] for e in s.events()] == ["alert", "cleared", "alert", "cleared"]


def test_deactivation_clears_and_activation_alerts(shop):
    s = shop()
    s.stock(10)
    folder = connect()
    fold(folder)
    s.set(1)
    fold(folder)
    rows(s.connection, "update inventory.products set active = false where product_id = %s", s.product_ids[0])
    fold(folder)
    rows(s.connection, "update inventory.products set active = true where product_id = %s", s.product_ids[0])
    fold(folder)
    assert [e[0] for e in s.events()] == ["alert", "cleared", "alert"]


@pytest.mark.parametrize("percent", [0, 50])
def test_whatever_the_batches_the_events_are_those_of_the_transactions(shop, percent):
    """Random transactions; folded after each, after some, and once at the end: the same events, those that the rule gives."""
    admin, folder = connect(), connect()
    fold(folder)
    rows(admin, "update inventory.settings set value = %s where name = 'low_stock_hysteresis_percent'", str(percent))
    try:
        dice = random.Random(percent + 7)
        history = [[dice.randint(0, 12) for _ in range(dice.randint(1, 3))] for _ in range(60)]
        expected, low, before = [], False, 12
        for states in history:
            now = states[-1]
            if now <= 4 and not low:
                expected.append(("alert", before, now))
                low = True
            elif now > 4 + 4 * percent / 100 and low:
                expected.append(("cleared", before, now))
                low = False
            if now <= 4 or now > 4 + 4 * percent / 100:
                before = now
        told = []
        for every in (1, 3, 7, 1000):
            s = shop()
            s.stock(12, threshold=4)
            fold(folder)
            s.connection.autocommit = False
            for n, states in enumerate(history):
                for on_hand in states:
                    s.set(on_hand)
                s.connection.commit()
                if n % every == every - 1:
                    fold(folder)
            fold(folder)
            events = s.events()
            s.connection.commit()
            told.append(events)
            assert [(e[0], e[2]) for e in events] == [(e[0], e[2]) for e in expected], every
    finally:
        rows(admin, "update inventory.settings set value = '0' where name = 'low_stock_hysteresis_percent'")


def test_concurrent_sales_and_two_folders_tell_each_crossing_once(session, shop):
    s = shop(products=3)
    for product in range(3):
        s.stock(60, threshold=20, product=product)
    fold(connect())
    stop = threading.Event()
    errors = []

    def keep_folding():
        connection = connect()
        while not stop.is_set():
            try:
                fold(connection)
            except psycopg2.Error as error:
                errors.append(error)

    def sell(client):
        connection = connect()
        dice = random.Random(client)
        for _ in range(60):
            product = dice.randrange(3)
            delta = dice.choice([-3, -2, -1, 1, 2, 3])
            try:
                rows(
                    connection, "update inventory.inventory_stock set on_hand = on_hand + %s where store_id = %s and product_id = %s",
                    delta, s.store_ids[0], s.product_ids[product],
                )
            except psycopg2.errors.CheckViolation:
                pass

    folders = [threading.Thread(target=keep_folding) for _ in range(2)]
    sellers = [threading.Thread(target=sell, args=(client,)) for client in range(8)]
    for each in folders + sellers:
        each.start()
    for each in sellers:
        each.join()
    stop.set()
    for each in folders:
        each.join()
    fold(connect())
    assert errors == []
    for product in range(3):
        states = [60] + [
            available for (available,) in rows(
                s.connection, "select on_hand_after - reserved_after from inventory.stock_ledger where store_id = %s and product_id = %s and version > 1 order by version",
                s.store_ids[0], s.product_ids[product],
            )
        ]
        expected = [
            ("alert" if after <= 20 else "cleared", before, after)
            for before, after in itertools.pairwise(states) if (before <= 20) != (after <= 20)
        ]
        assert s.events(product=product) == expected
    assert differences(session(), "mv") == []


def test_the_order_is_that_of_the_versions_whatever_the_times_say(session, shop):
    """A ledger INSERT takes its time before it waits for the row: a later version may be dated earlier."""
    s = shop()
    s.stock(100, threshold=10)
    folder = connect()
    fold(folder)
    first, second = connect(), connect()
    first.autocommit = False
    rows(first, "select from inventory.inventory_stock where store_id = %s and product_id = %s for update", s.store_ids[0], s.product_ids[0])
    sql = "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, %s, %s)"
    waiting = threading.Thread(target=rows, args=(second, sql, s.store_ids[0], s.product_ids[0], "sale", -95))
    waiting.start()
    wait_for(lambda: value(folder, "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s", second.get_backend_pid()))
    rows(first, sql, s.store_ids[0], s.product_ids[0], "purchase", 1)
    first.commit()
    waiting.join(timeout=30)
    fold(folder)
    assert s.events() == [("alert", 101, 6)]
    reader = session()
    assert differences(reader, "now") == [] and differences(reader, "mv") == []


def test_a_rebuild_that_is_asked_for_swallows_no_crossing(shop):
    s = shop()
    s.stock(100)
    folder = connect()
    fold(folder)
    s.set(3)
    s.set(90)
    fold(folder, rebuild=True)
    assert s.events() == [("alert", 100, 3), ("cleared", 3, 90)]


def test_ends_of_a_row_are_told_whatever_the_batches(shop):
    for one_batch in (True, False):
        s = shop(products=4)
        for product in range(4):
            s.stock(100, product=product)
        rows(s.connection, "update inventory.products set active = false where product_id = %s", s.product_ids[3])
        folder = connect()
        fold(folder)

        def step(work, *arguments):
            work(*arguments)
            if not one_batch:
                fold(folder)

        def delete(product):
            rows(s.connection, "delete from inventory.inventory_stock where store_id = %s and product_id = %s", s.store_ids[0], s.product_ids[product])

        step(s.set, 3, 0, 0)
        step(rows, s.connection, "update inventory.products set active = false where product_id = %s", s.product_ids[0])
        step(s.set, 3, 0, 1)
        step(delete, 1)
        step(delete, 2)
        step(s.stock, 100, 5, 0, 2)
        step(rows, s.connection, "update inventory.products set active = true where product_id = %s", s.product_ids[3])
        step(s.set, 3, 0, 3)
        step(s.set, 99, 0, 3)
        fold(folder)
        for product in (0, 1, 3):
            assert [e[0] for e in s.events(product=product)] == ["alert", "cleared"], (one_batch, product)
        assert s.events(product=2) == [], one_batch


def test_a_low_row_that_is_deleted_and_made_again_was_not_low_in_between(shop):
    for one_batch in (True, False):
        s = shop()
        s.stock(3)
        folder = connect()
        fold(folder)
        rows(s.connection, "delete from inventory.inventory_stock where store_id = %s", s.store_ids[0])
        if not one_batch:
            fold(folder)
        s.stock(2, threshold=10)
        fold(folder)
        assert s.events() == [("cleared", 3, 0)], one_batch


def test_since_is_the_last_fall(shop):
    s = shop()
    s.stock(100)
    folder = connect()
    fold(folder)
    s.set(3)
    fold(folder)
    before = value(s.connection, "select since from inventory.low_stock_alerts_mv where store = %s", s.stores[0])
    s.set(50)
    s.set(2)
    fold(folder)
    assert value(s.connection, "select since from inventory.low_stock_alerts_mv where store = %s", s.stores[0]) > before


class Walk:
    """One stock row through random transactions, and what the rule says of each: the events that its states at the commits make."""

    def __init__(self, shop, seed, percent):
        self.dice = random.Random(seed)
        self.percent = percent
        self.shop = shop(stores=1, products=1)
        self.connection = self.shop.connection
        self.connection.autocommit = False
        self.on_hand, self.threshold, self.is_there = 12, 4, True
        self.active = {"products": True, "stores": True}
        self.shop.stock(12, threshold=4)
        self.connection.commit()
        self.expected, self.low, self.was_there = [], False, True
        # Of several deletions, and of a row that comes and goes, between two folds nothing can be known.
        self.may_delete = True

    def step(self):
        saved = self.on_hand, self.threshold, self.is_there, dict(self.active)
        for _ in range(self.dice.randint(1, 3)):
            self.change(self.dice.random())
        if self.dice.random() < 0.15:
            self.connection.rollback()
            self.on_hand, self.threshold, self.is_there, self.active = saved
            return
        self.connection.commit()
        self.judge()

    def change(self, chance):
        key = self.shop.store_ids[0], self.shop.product_ids[0]
        where = "where store_id = %s and product_id = %s"
        if chance < 0.1:
            table, name, number = self.dice.choice([("products", "product_id", key[1]), ("stores", "store_id", key[0])])
            self.active[table] = not self.active[table]
            rows(self.connection, f"update inventory.{table} set active = %s where {name} = %s", self.active[table], number)
        elif not self.is_there:
            self.on_hand, self.threshold, self.is_there = self.dice.randint(0, 14), self.dice.randint(0, 10), True
            rows(self.connection, "insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold) values (%s, %s, %s, %s)", *key, self.on_hand, self.threshold)
        elif chance < 0.2 and self.may_delete:
            self.is_there = self.may_delete = False
            rows(self.connection, "delete from inventory.inventory_stock " + where, *key)
        elif chance < 0.35:
            self.threshold = self.dice.randint(0, 10)
            rows(self.connection, "update inventory.inventory_stock set low_stock_threshold = %s " + where, self.threshold, *key)
        elif chance < 0.45:
            self.on_hand, self.threshold = self.dice.randint(0, 14), self.dice.randint(0, 10)
            rows(self.connection, "update inventory.inventory_stock set low_stock_threshold = %s, on_hand = %s " + where, self.threshold, self.on_hand, *key)
        elif chance < 0.6:
            units = self.dice.randint(0, 6)
            self.on_hand += units
            rows(self.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, 'purchase', %s)", *key, units)
        else:
            self.on_hand = self.dice.randint(0, 14)
            rows(self.connection, "update inventory.inventory_stock set on_hand = %s " + where, self.on_hand, *key)

    def judge(self):
        low = self.low
        if not (self.is_there and all(self.active.values())):
            low = False
        elif self.on_hand <= self.threshold:
            low = True
        elif not self.was_there or self.on_hand > self.threshold * (1 + self.percent / 100):
            low = False
        made = self.is_there and not self.was_there
        if low != self.low and not made:
            self.expected.append("alert" if low else "cleared")
        self.low, self.was_there = low, self.is_there


@pytest.mark.parametrize("percent", [0, 50])
def test_random_transactions_tell_what_the_rule_says_whatever_the_batches(shop, percent):
    admin, folder = connect(), connect()
    fold(folder)
    rows(admin, "update inventory.settings set value = %s where name = 'low_stock_hysteresis_percent'", str(percent))
    try:
        for seed in range(12):
            walk = Walk(shop, 100 * percent + seed, percent)
            fold(folder)
            for _ in range(40):
                walk.step()
                if walk.dice.random() < 0.25:
                    fold(folder, walk.dice.random() < 0.3)
                    walk.may_delete = walk.is_there
            fold(folder)
            assert [e[0] for e in walk.shop.events()] == walk.expected, f"seed {seed}"
            walk.connection.rollback()
    finally:
        rows(admin, "update inventory.settings set value = '0' where name = 'low_stock_hysteresis_percent'")


@pytest.mark.parametrize("change, units, threshold, expected", [
    # The movement is dated before it waits for the row, the threshold after.
    ("update inventory.inventory_stock set low_stock_threshold = 50 where store_id = %s and product_id = %s", 60, 10, ["alert", "cleared"]),
    # What the first transaction takes back itself crosses nothing, whatever stands between by its time.
    ("update inventory.inventory_stock set low_stock_threshold = 1 where store_id = %s and product_id = %s", 1, 5, []),
])  # fmt: skip
def test_a_threshold_keeps_its_place_beside_a_movement_that_waited(shop, change, units, threshold, expected):
    s = shop()
    s.stock(40, threshold=threshold)
    folder = connect()
    fold(folder)
    key = s.store_ids[0], s.product_ids[0]
    first, second = connect(), connect()
    first.autocommit = False
    rows(first, "select from inventory.inventory_stock where store_id = %s and product_id = %s for update", *key)
    if not expected:
        s.set(3, connection=first)
    waiting = threading.Thread(
        target=rows, args=(second, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, 'purchase', %s)", *key, units)
    )
    waiting.start()
    wait_for(lambda: value(folder, "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s", second.get_backend_pid()))
    rows(first, change, *key)
    first.commit()
    waiting.join(timeout=30)
    fold(folder)
    assert [e[0] for e in s.events()] == expected
