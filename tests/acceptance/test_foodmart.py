"""FoodMart: a year's deliveries, each with what it cost, and its sales, first in first out. The deliveries are far fewer than the sales,
so each store and product opens with what keeps its worst day at zero, as a lot of its own at the mean cost of what it sold. Quantity
and value of every lot that is left are computed once more by an independent FIFO."""

import collections
from decimal import ROUND_HALF_UP, Decimal

from acceptance_support import WHOLE, Engine, read

FOLDER = "foodmart/"
MILLIONTH = Decimal("0.000001")


def to_millionth(amount):
    return amount.quantize(MILLIONTH, rounding=ROUND_HALF_UP)


class Lot:
    """What one receipt brought. The value of its units a to b is what the first b are worth less what the first a are, each to a
    millionth, so that the last unit takes what rounding left over."""

    def __init__(self, quantity, unit_cost):
        self.quantity = self.left = quantity
        self.value = quantity * unit_cost

    def left_value(self):
        return self.value - to_millionth(self.value * (self.quantity - self.left) / self.quantity)


def happenings():
    """[(day, 0 delivery or 1 sale, document, [(store, sku, quantity, unit cost)])] in order."""
    days = {each["time_id"]: each["the_date"][:10] for each in read(FOLDER + "time_by_day.csv")}
    documents = collections.defaultdict(list)
    for each in read(FOLDER + "inventory_fact_1997.csv"):
        quantity = int(each["units_shipped"])
        if quantity > 0:
            unit_cost = to_millionth(Decimal(each["warehouse_cost"]) / quantity)
            documents[days[each["time_id"]], 0, f"{each['store_id']}/{each['warehouse_id']}/{each['time_id']}"].append(
                (each["store_id"], each["product_id"], quantity, unit_cost))
    for each in read(FOLDER + "sales_fact_1997.csv.gz"):
        quantity = int(Decimal(each["unit_sales"]))
        documents[days[each["time_id"]], 1, f"{each['store_id']}/{each['customer_id']}/{each['time_id']}"].append(
            (each["store_id"], each["product_id"], quantity, Decimal(each["store_cost"]) / quantity))
    return sorted((*key, lines) for key, lines in documents.items())


def openings(history):
    """{(store, sku): (quantity, unit cost)} that keeps every balance at zero or more."""
    balance, lowest, costs = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for _, is_sale, _, lines in history:
        for store, sku, quantity, cost in lines:
            balance[store, sku] += -quantity if is_sale else quantity
            lowest[store, sku] = min(lowest[store, sku], balance[store, sku])
            if is_sale:
                costs[store, sku].append(cost)
    return {key: (-least, to_millionth(sum(costs[key]) / len(costs[key]))) for key, least in lowest.items() if least < 0}


def test_fifo_of_a_year(db):
    engine = Engine(db)
    history = happenings()
    if not WHOLE:
        # January of the small stores.
        history = [each for each in history if each[0] < "1997-02-01" and each[2].split("/")[0] in ("2", "14", "22")]
    opening = openings(history)
    stores = sorted({line[0] for each in history for line in each[3]})
    skus = sorted({line[1] for each in history for line in each[3]})
    db.rows("insert into inventory.stores (code, name, currency) select s, s, 'USD' from unnest(%s) as s", stores)
    db.rows("insert into inventory.products (sku, name) select s, s from unnest(%s) as s", skus)
    for sku in skus:
        engine.set_lot_policy(sku=sku, policy="fifo")

    lots, spent = collections.defaultdict(list), Decimal(0)

    def receive(lines, reference, day):
        engine.done(
            "receive_purchase", store=lines[0][0], reference=reference, occurred_at=day,
            lines=[{"sku": sku, "quantity": quantity, "unit_cost": float(cost)} for _, sku, quantity, cost in lines],
        )
        for store, sku, quantity, cost in lines:
            lots[store, sku].append(Lot(quantity, cost))

    for store in stores:
        receive([(store, sku, *opening[each, sku]) for each, sku in sorted(opening) if each == store], f"opening of {store}", "1996-12-31 00:00+00")
    for day, is_sale, document, lines in history:
        when = f"{day} {'18' if is_sale else '06'}:00+00"
        if not is_sale:
            receive(lines, document, when)
            continue
        engine.done(
            "record_sale", store=lines[0][0], reference=document, occurred_at=when,
            lines=[{"sku": sku, "quantity": quantity} for _, sku, quantity, _ in lines],
        )
        for store, sku, quantity, _ in lines:
            for lot in lots[store, sku]:
                taken = min(quantity, lot.left)
                spent += lot.left_value()
                lot.left -= taken
                spent -= lot.left_value()
                quantity -= taken
                if quantity == 0:
                    break
            assert quantity == 0

    for store in stores:
        found = collections.defaultdict(list)
        for sku, quantity, value in db.rows("select product, remaining_quantity, remaining_value from inventory.list_lots(%s)", store):
            found[sku].append((quantity, value))
        expected = {
            sku: [(lot.left, lot.left_value()) for lot in mine if lot.left > 0] for (each, sku), mine in lots.items() if each == store
        }
        assert dict(found) == {sku: mine for sku, mine in expected.items() if mine}
        engine.proven(store)
    # What was sold has its cost, to the last millionth.
    assert db.value("select -sum(value) from inventory.stock_lot_entries where quantity < 0") == spent
    if WHOLE:
        assert sum(line[2] for each in history if each[1] for line in each[3]) == 266773
        assert sum(line[2] for each in history if not each[1] for line in each[3]) == 207726
