"""Lots: random receipts, sales, returns and all else that moves stock, against a first-in-first-out of one's own: quantity and cost of
every movement, and what is left of every lot, to the last unit and the last millionth."""

import datetime
import json
import random
import threading
from fractions import Fraction

import psycopg2
import pytest
from conftest import at_once, call, connect, is_waiting, rows, value, wait_until

MILLION = 1_000_000


def rounded(amount):
    """Halves up, in millionths."""
    return (2 * amount.numerator * MILLION + amount.denominator) // (2 * amount.denominator)


class Lot:
    def __init__(self, number, age, name, expires_on, units, cost):
        self.number, self.age, self.name, self.expires_on, self.units, self.cost = number, age or number, name, expires_on, units, cost
        self.gone = 0

    def left(self):
        return self.units - self.gone

    def take(self, units):
        """What the next units cost: each one the step of the rounded running cost, whoever takes how many."""
        unit = Fraction(self.cost, self.units * MILLION)
        before, self.gone = self.gone, self.gone + units
        return rounded(unit * self.gone) - rounded(unit * before)


class Model:
    """One stock row. Costs are in millionths; cost[version] is what the movement was worth, below zero when something left."""

    def __init__(self, policy, may_go_below):
        self.policy, self.may_go_below = policy, may_go_below
        self.today = datetime.datetime.now(datetime.timezone.utc).date()
        self.lots, self.number, self.version = [], 0, 0
        self.owed, self.owed_cost = 0, 0
        self.cost, self.taken = {}, {}

    def on_hand(self):
        return sum(lot.left() for lot in self.lots) - self.owed

    def open(self, may_be_expired, name=None):
        found = [lot for lot in self.lots if lot.left() and (name is None or lot.name == name)]
        far = datetime.date.max
        found.sort(key=lambda lot: ((lot.expires_on or far) if self.policy == "fefo" else far, lot.age, lot.number))
        good = [lot for lot in found if not lot.expires_on or lot.expires_on >= self.today]
        return good + [lot for lot in found if lot not in good] if may_be_expired else good

    def last_cost(self, units):
        own = [lot for lot in self.lots if lot.age == lot.number]
        return rounded(Fraction(own[-1].cost, own[-1].units * MILLION) * units) if own else 0

    def next(self):
        self.version += 1
        self.cost[self.version] = 0
        return self.version

    def sellable(self, name=None):
        return sum(lot.left() for lot in self.open(False, name))

    def remove(self, units, is_sold, name=None):
        version = self.next()
        pieces = self.taken[version] = []
        for lot in self.open(not is_sold, name):
            part = min(units, lot.left())
            if part:
                cost = lot.take(part)
                pieces.append([lot.name, lot.expires_on, lot.age, part, cost, 0])
                units -= part
                self.cost[version] -= cost
        if units:
            cost = self.last_cost(units)
            pieces.append([None, None, None, units, cost, 0])
            self.owed, self.owed_cost = self.owed + units, self.owed_cost + cost
            self.cost[version] -= cost
        return version

    def put(self, version, units, cost, name=None, expires_on=None, age=None):
        if cost is None:
            cost = self.last_cost(units)
        self.cost[version] += cost
        candidates = sorted((lot for lot in self.lots if lot.left()), key=lambda lot: (lot.age, lot.number))

        def fits(lot):
            return (lot.name, lot.expires_on) == (name, expires_on) and Fraction(lot.cost, lot.units) == Fraction(cost, units)

        if age:
            candidates = [lot for lot in candidates if lot.age == age and fits(lot)]
        if candidates and fits(candidates[-1]):
            lot = candidates[-1]
            lot.units, lot.cost = lot.units + units, lot.cost + cost
        else:
            self.number += 1
            lot = Lot(self.number, age, name, expires_on, units, cost)
            self.lots.append(lot)
        part = min(units, self.owed)
        if part:
            rest = rounded(Fraction(self.owed_cost, MILLION * self.owed) * (self.owed - part))
            self.cost[version] += (self.owed_cost - rest) - lot.take(part)
            self.owed, self.owed_cost = self.owed - part, rest

    def add(self, units, cost=None, name=None, expires_on=None):
        self.put(self.next(), units, cost, name, expires_on)

    def give_back(self, units, taken_version):
        version = self.next()
        for piece in self.taken[taken_version]:
            name, expires_on, age, total, cost, given = piece
            part = min(units, total - given)
            if part:
                unit = Fraction(cost, total * MILLION)
                piece[5] = given + part
                units -= part
                self.put(version, part, rounded(unit * (given + part)) - rounded(unit * given), name, expires_on, age)
        assert units == 0

    def late(self, lot, amount):
        self.cost[self.version] = self.cost.get(self.version, 0) + amount
        before = rounded(Fraction(lot.cost, lot.units * MILLION) * lot.gone)
        lot.cost += amount
        self.cost[self.version] -= rounded(Fraction(lot.cost, lot.units * MILLION) * lot.gone) - before

    def state(self):
        far = datetime.date.max
        left = [lot for lot in self.lots if lot.left()]
        left.sort(key=lambda lot: ((lot.expires_on or far) if self.policy == "fefo" else far, lot.age, lot.number))
        return [
            (lot.name, lot.expires_on, lot.left(), lot.cost - rounded(Fraction(lot.cost, lot.units * MILLION) * lot.gone)) for lot in left
        ]


class Store:
    """The same on both sides."""

    def __init__(self, shop, chance, policy, may_go_below):
        self.shop, self.chance = shop, chance
        self.connection, self.store, self.sku = shop.connection, shop.store, shop.skus[0]
        rows(self.connection, "update inventory.products set allow_negative = %s, pieces_per_pack = 6 where sku = %s", may_go_below, self.sku)
        rows(self.connection, "select inventory.set_lot_policy(%s, %s)", self.sku, policy)
        self.model = Model(policy, may_go_below)
        self.sales, self.deductions, self.number = [], [], 0

    def call(self, function, *arguments, **named):
        self.number += 1
        names = "".join(f", {name} => %s" for name in named)
        return value(
            self.connection, f"select inventory.{function}({', '.join(['%s'] * len(arguments))}{names})",
            *[json.dumps(a) if isinstance(a, list) else a for a in arguments], *named.values(),
        )

    def line(self, quantity, **fields):
        return {"sku": self.sku, "quantity": quantity, **{k: v for k, v in fields.items() if v is not None}}

    def name_and_day(self):
        name = self.chance.choice([None, "A", "B"])
        day = self.chance.choice([None, None, -3, 0, 5, 9])
        return name, day if day is None else self.model.today + datetime.timedelta(days=day)

    def receive(self):
        lines = []
        for _ in range(self.chance.randint(1, 3)):
            name, day = self.name_and_day()
            unit = self.chance.choice([None, "pack"])
            quantity, cost = self.chance.randint(1, 9), self.chance.choice([None, "10", "3.333333", "0.1", "7.77", "0.000001"])
            lines.append({**self.line(quantity, unit=unit, lot=name, expires_on=day and str(day)), **({"unit_cost": float(cost)} if cost else {})})
            self.model.add(
                quantity * (6 if unit else 1), cost and int(Fraction(cost) * quantity * MILLION), name, day
            )
        assert self.call("receive_purchase", self.store, lines)["success"]

    def fits(self, total, named):
        """Whether lines may be sold: (quantity, lot) each; what is named must be in the lots that are left then."""
        model = self.model
        if not model.may_go_below and total > model.on_hand() - sum(x.left() for x in model.open(True)) + model.sellable():
            return False
        left = {lot.number: lot.left() for lot in model.open(False)}
        for quantity, name in named:
            for lot in model.open(False):
                if name is None or lot.name == name:
                    part = min(quantity, left[lot.number])
                    left[lot.number] -= part
                    quantity -= part
            if quantity and name is not None:
                return False
        return True

    def sell(self):
        asked = [(self.chance.randint(1, 12), self.chance.choice([None, None, None, "A", "B"])) for _ in range(self.chance.randint(1, 2))]
        reference = f"R{self.number}"
        answer = self.call("record_sale", self.store, [self.line(q, lot=name) for q, name in asked], reference)
        assert answer["success"] == self.fits(sum(q for q, _ in asked), asked), answer
        if answer["success"]:
            self.sales.append((reference, [[self.model.remove(q, True, name), q] for q, name in asked]))

    def deduct(self):
        """One, or several in one call, which are done in their order."""
        requests = [
            {"store": self.store, "lines": [self.line(self.chance.randint(1, 12))], "transaction_id": f"{self.store}-{self.number}-{place}"}
            for place in range(self.chance.choice([1, 1, 3]))
        ]
        if len(requests) == 1 and self.chance.random() < 0.5:
            answers = [self.call("deduct_inventory_atomic", self.store, requests[0]["lines"], requests[0]["transaction_id"])]
        else:
            answers = self.call("deduct_inventory_many", requests)
        for request, answer in zip(requests, answers, strict=True):
            quantity = request["lines"][0]["quantity"]
            assert answer["success"] == self.fits(quantity, [(quantity, None)]), answer
            if answer["success"]:
                self.deductions.append([request["transaction_id"], self.model.remove(quantity, True), quantity])

    def order(self):
        quantity = self.chance.randint(1, 9)
        order = f"O{self.number}"
        answer = self.call("reserve_stock", order, self.store, [self.line(quantity)])
        assert answer["success"] == self.fits(quantity, [(quantity, None)]), answer
        if answer["success"]:
            self.model.next()
            answer = self.call("process_order_stock_reduction", order, self.store)
            assert answer["success"] and not answer["shortfall"], answer
            self.model.remove(quantity, True)

    def compensate(self):
        if self.deductions:
            each = self.chance.choice(self.deductions)
            part = self.chance.randint(1, each[2])
            assert self.call(
                "compensate_deduction", each[0], [{"line": 1, "quantity": part}], idempotency_key=f"c{self.number}"
            )["success"]
            self.model.give_back(part, each[1])
            each[2] -= part
            self.deductions = [d for d in self.deductions if d[2]]

    def take_back(self):
        if self.sales:
            reference, lines = self.chance.choice(self.sales)
            open_lines = [line for line in lines if line[1]]
            if open_lines:
                part = self.chance.randint(1, sum(line[1] for line in open_lines))
                assert self.call("return_sale", self.store, [self.line(part)], reference)["success"]
                for line in open_lines:
                    piece = min(part, line[1])
                    if piece:
                        self.model.give_back(piece, line[0])
                    line[1] -= piece
                    part -= piece

    def change(self, way):
        difference = self.chance.choice([-4, -2, -1, 1, 3])
        where = (self.shop.store_id, self.shop.product_ids[0])
        if not self.model.version or not self.model.may_go_below and self.model.on_hand() + difference < 0:
            return
        if way == "update":
            rows(
                self.connection, "update inventory.inventory_stock set on_hand = on_hand + %s where store_id = %s and product_id = %s",
                difference, *where,
            )
        elif way == "insert":
            rows(
                self.connection, "insert into inventory.stock_ledger (on_hand_delta, store_id, product_id, kind) values (%s, %s, %s, 'adjustment')",
                difference, *where,
            )
        elif way == "adjust":
            assert self.call("adjust_stock", self.store, [self.line(difference)], "found")["success"]
        else:
            assert self.call("set_stock", self.store, [self.line(self.model.on_hand() + difference)])["success"]
        if difference < 0:
            self.model.remove(-difference, False)
        else:
            self.model.add(difference)

    def cost(self):
        if self.model.lots:
            lot = self.chance.choice(self.model.lots)
            amount = self.chance.choice([1, 50_000, 3_333_333, 20 * MILLION])
            lot_id = rows(
                self.connection, "select lot_id from inventory.stock_lots where store_id = %s and not is_debt order by lot_id", self.shop.store_id
            )[lot.number - 1][0]
            assert self.call("add_lot_cost", self.store, lot_id, amount / MILLION)["success"]
            self.model.late(lot, amount)

    def step(self):
        self.chance.choice([
            self.receive, self.receive, self.receive, self.sell, self.sell, self.sell, self.deduct, self.deduct, self.order, self.take_back, self.compensate,
            lambda: self.change("update"), lambda: self.change("insert"), lambda: self.change("adjust"), lambda: self.change("count"), self.cost,
        ])()

    def check(self):
        model = self.model
        assert self.shop.on_hand() == model.on_hand()
        lots = rows(
            self.connection, "select lot, expires_on, remaining_quantity, remaining_value * 1000000 from inventory.list_lots(%s) where not is_debt",
            self.store,
        )
        assert lots == model.state()
        debt = rows(self.connection, "select remaining_quantity, remaining_value * 1000000 from inventory.list_lots(%s) where is_debt", self.store)
        assert debt == ([(-model.owed, -model.owed_cost)] if model.owed else [])

    def check_costs(self):
        found = dict(rows(
            self.connection, "select version, sum(value) * 1000000 from inventory.stock_lot_entries where store_id = %s group by 1", self.shop.store_id
        ))
        assert found == {version: cost for version, cost in self.model.cost.items() if version in found or cost}
        quantities = rows(
            self.connection,
            """
            select l.version, l.on_hand_delta, e.quantity
            from inventory.stock_ledger as l
            left join (select version, sum(quantity) as quantity from inventory.stock_lot_entries where store_id = %s group by 1) as e using (version)
            where l.store_id = %s and l.on_hand_delta <> coalesce(e.quantity, 0)
            """,
            self.shop.store_id, self.shop.store_id,
        )
        assert quantities == []
        assert self.shop.contradictions() == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("policy", ["fifo", "fefo"])
@pytest.mark.parametrize("may_go_below", [False, True])
def test_lots_equal_an_independent_first_in_first_out(shop, seed, policy, may_go_below):
    store = Store(shop(), random.Random(f"{seed} {policy} {may_go_below}"), policy, may_go_below)
    store.receive()
    for _ in range(100):
        store.step()
        store.check()
    store.check_costs()


def test_t1_the_last_units_of_lots_are_sold_once(shop):
    """Sixteen clients sell two each of 25 units in lots of one, while others add by plain SQL."""
    place = shop()
    rows(place.connection, "select inventory.set_lot_policy(%s, 'fifo')", place.skus[0])
    lines = [{"sku": place.skus[0], "quantity": 1, "unit_cost": cost} for cost in range(25)]
    assert value(place.connection, "select inventory.receive_purchase(%s, %s)", place.store, json.dumps(lines))["success"]
    where = (place.store_id, place.product_ids[0])

    def work(number, connection):
        if number % 4 == 3:
            rows(connection, "update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = %s and product_id = %s", *where)
            return 0
        return sum(call(connection, "record_sale", place.store, [(place.skus[0], 2)])["success"] for _ in range(3))

    sold = at_once(16, work)
    assert all(isinstance(each, int) for each in sold), sold
    assert sum(sold) * 2 + place.on_hand() == 29
    taken = value(
        place.connection, "select -sum(quantity) from inventory.stock_lot_entries where store_id = %s and kind = 'taken'", place.store_id
    )
    assert taken == sum(sold) * 2
    assert place.contradictions() == []


@pytest.mark.sessions
def test_a_policy_waits_for_writers_and_writers_for_it(shop):
    """Whoever makes a stock row while the policy is set knows it: none is left without lots."""
    place = shop(2)
    writer, other, keeper = connect(), connect(), connect()
    receive = "select inventory.receive_purchase(%s, %s)"
    lines = [json.dumps([{"sku": sku, "quantity": 3}]) for sku in place.skus]
    try:
        rows(writer, "begin")
        rows(writer, receive, place.store, lines[0])
        pid = value(keeper, "select pg_backend_pid()")
        rows(keeper, "begin")
        setting = threading.Thread(target=rows, args=(keeper, "select inventory.set_lot_policy(sku, 'fifo') from unnest(%s) as sku", place.skus))
        setting.start()
        wait_until(lambda: is_waiting(place.connection, pid) or not setting.is_alive())
        rows(writer, "commit")
        setting.join(timeout=60)
        pid = value(other, "select pg_backend_pid()")
        receiving = threading.Thread(target=rows, args=(other, receive, place.store, lines[1]))
        receiving.start()
        wait_until(lambda: is_waiting(place.connection, pid) or not receiving.is_alive())
        rows(keeper, "commit")
        receiving.join(timeout=60)
    finally:
        for each in (writer, other, keeper):
            each.close()
    assert rows(place.connection, "select test.lots(%s, sku) from unnest(%s) as sku", place.store, place.skus) == [("- 3 at 0",)] * 2
    assert place.contradictions() == []


@pytest.mark.sessions
def test_a_payment_waits_for_a_policy(shop):
    """A policy that commits while the short way of a payment waits for the stock row: the order is paid the long way, once, out of lots."""
    place = shop()
    place.receive(5)
    order = f"{place.store}-o"
    assert value(
        place.connection, "select inventory.reserve_stock(%s, %s, %s)", order, place.store, json.dumps([{"sku": place.skus[0], "quantity": 2}])
    )["success"]
    keeper, payer = connect(), connect()
    pay = "select inventory.process_order_stock_reduction(%s, %s, idempotency_key => 'paid')"
    answers = []

    def paying():
        try:
            answers.append(value(payer, pay, order, place.store))
        except psycopg2.Error as error:
            answers.append(error)

    try:
        rows(keeper, "begin")
        assert value(keeper, "select inventory.set_lot_policy(%s, 'fifo', 4)", place.skus[0]) == 1
        pid = value(payer, "select pg_backend_pid()")
        thread = threading.Thread(target=paying)
        thread.start()
        wait_until(lambda: is_waiting(place.connection, pid) or not thread.is_alive())
        rows(keeper, "commit")
        thread.join(timeout=60)
        assert isinstance(answers[0], dict), answers
        assert answers[0]["success"] and not answers[0]["replayed"] and not answers[0]["shortfall"]
        assert value(payer, pay, order, place.store)["replayed"]
    finally:
        keeper.close()
        payer.close()
    assert place.on_hand() == 3
    assert rows(place.connection, "select test.lots(%s, %s)", place.store, place.skus[0]) == [("- 3 at 12",)]
    assert rows(
        place.connection, "select state, is_settled from inventory.stock_holds where store_id = %s", place.store_id
    ) == [("committed", True)]
    assert place.contradictions() == []


@pytest.mark.sessions
def test_a_late_cost_waits_for_a_sale(shop):
    """What is gone bears its share: of what is gone when the cost is added, not of what was when it was asked for."""
    place = shop()
    rows(place.connection, "select inventory.set_lot_policy(%s, 'fifo')", place.skus[0])
    line = [{"sku": place.skus[0], "quantity": 3, "unit_cost": 2}]
    assert value(place.connection, "select inventory.receive_purchase(%s, %s)", place.store, json.dumps(line))["success"]
    seller, other = connect(), connect()
    answers = []
    try:
        rows(seller, "begin")
        assert call(seller, "record_sale", place.store, [(place.skus[0], 1)])["success"]
        pid = value(other, "select pg_backend_pid()")
        add = "select inventory.add_lot_cost(%s, lot_id, 1) from inventory.stock_lots where store_id = %s"
        adding = threading.Thread(target=lambda: answers.append(value(other, add, place.store, place.store_id)))
        adding.start()
        wait_until(lambda: is_waiting(place.connection, pid) or not adding.is_alive())
        rows(seller, "commit")
        adding.join(timeout=60)
    finally:
        seller.close()
        other.close()
    assert (answers[0]["sold"], answers[0]["remaining"]) == (0.333333, 0.666667)
    assert rows(place.connection, "select test.lots(%s, %s)", place.store, place.skus[0]) == [("- 2 at 4.666667",)]
    assert place.contradictions() == []
