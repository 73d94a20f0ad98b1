"""Ben's Pizzeria: recipes with quantities, packs on the shelf, and far too little of many things. Each order is deducted, queued for
somebody's decision, or refused because nobody knows what is in it; all three lists, and the use of each ingredient, are computed
once more without the engine."""

import collections

from acceptance_support import Engine, read

FOLDER = "bens-pizzeria/large/"
UNITS = {"grams": "gram", "mililitres": "millilitre", "unit": "piece"}


class Pizzeria:
    def __init__(self):
        ingredients = read(FOLDER + "ingredient.csv", header=["id", "name", "contents", "measure", "price"])
        packs = read(FOLDER + "inventory.csv", header=["row", "id", "packs"])
        contents = {each["id"]: int(each["contents"]) for each in ingredients}
        self.units = {each["id"]: UNITS[each["measure"]] for each in ingredients}
        self.shelf = {each["id"]: int(each["packs"]) * contents[each["id"]] for each in packs}
        items = read(FOLDER + "item.csv")
        self.sku_of = {each["item_id"]: each["sku"] for each in items}
        self.recipes = collections.defaultdict(dict)
        for each in read(FOLDER + "recipe.csv", header=["row", "sku", "ingredient", "quantity"]):
            self.recipes[each["sku"]][each["ingredient"]] = int(each["quantity"])
        self.orders = collections.defaultdict(list)
        for each in read(FOLDER + "orders.csv"):
            self.orders[each["order_id"]].append((self.sku_of[each["item_id"]], int(each["quantity"])))
        self.times = {each["order_id"]: f"{each['created_date']} {each['created_at']}+00" for each in read(FOLDER + "orders.csv")}


def expected(pizzeria):
    """{order: outcome} and what is left, one order after the other."""
    shelf, outcomes = dict(pizzeria.shelf), {}
    for order, lines in pizzeria.orders.items():
        need = collections.Counter()
        for sku, quantity in lines:
            for ingredient, each in pizzeria.recipes.get(sku, {}).items():
                need[ingredient] += each * quantity
        if any(sku not in pizzeria.recipes for sku, _ in lines):
            outcomes[order] = "refused"
        elif any(shelf.get(ingredient, 0) < amount for ingredient, amount in need.items()):
            outcomes[order] = "queued"
        else:
            outcomes[order] = "deducted"
            for ingredient, amount in need.items():
                shelf[ingredient] -= amount
    return outcomes, shelf


def test_every_order_is_deducted_queued_or_refused(db):
    pizzeria, engine = Pizzeria(), Engine(db)
    assert len(pizzeria.orders) == 1135
    sold = sorted(set(pizzeria.sku_of.values()))
    engine.make("BEN", [*pizzeria.units, *sold], pizzeria.units)
    without_item = sorted(set(pizzeria.recipes) - set(sold))
    assert len(without_item) == 10
    for sku in sold:
        if sku in pizzeria.recipes:
            ingredients = [
                {"name": name, "quantity": quantity, "unit": pizzeria.units[name]} for name, quantity in pizzeria.recipes[sku].items()
            ]
            engine.set_recipe(sku=sku, ingredients=ingredients)
    for name, unit in pizzeria.units.items():
        engine.set_conversion_mapping(store="BEN", ingredient_name=name, ingredient_unit=unit, sku=name, numerator=1)
    engine.done(
        "receive_purchase", store="BEN", lines=[{"sku": name, "quantity": amount} for name, amount in pizzeria.shelf.items() if amount > 0],
        reference="opening",
    )

    outcomes = {}
    for number, (order, lines) in enumerate(pizzeria.orders.items(), 1):
        request = {
            "store": "BEN", "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], "transaction_id": order,
            "occurred_at": pizzeria.times[order],
        }
        answer = engine.deduct_inventory_atomic(**request)
        codes = {error["code"] for error in answer["errors"]}
        if answer["success"]:
            outcomes[order] = "deducted"
        elif "no_ingredients" in codes:
            outcomes[order] = "refused"
        else:
            assert codes == {"insufficient_stock"}, answer
            engine.done("queue_transaction", **request, device="till", device_sequence=number, cause="insufficient_stock")
            outcomes[order] = "queued"

    wanted, left = expected(pizzeria)
    assert outcomes == wanted
    assert set(outcomes.values()) == {"deducted", "queued", "refused"}
    found = engine.on_hand()
    assert {name: found.get(name, 0) for name in left} == left
    assert dict(db.rows("select status, count(*) from inventory.offline_transaction_queue group by status")) == {
        "insufficient_stock": collections.Counter(wanted.values())["queued"]
    }
    # How much of each ingredient was used, as the ledger has it.
    used = dict(db.rows(
        "select p.sku, -sum(l.on_hand_delta) from inventory.stock_ledger as l join inventory.products as p using (product_id) "
        "where l.kind = 'deduction' group by p.sku"
    ))
    assert used == {name: pizzeria.shelf[name] - amount for name, amount in left.items() if pizzeria.shelf[name] != amount}
    engine.proven("BEN")

    # A delivery comes, and somebody approves what was queued; what nobody knows the ingredients of stays refused.
    short = collections.Counter()
    for order, outcome in wanted.items():
        if outcome == "queued":
            for sku, quantity in pizzeria.orders[order]:
                for name, each in pizzeria.recipes[sku].items():
                    short[name] += each * quantity
    engine.done("receive_purchase", store="BEN", lines=[{"sku": name, "quantity": amount} for name, amount in short.items()])
    for order, outcome in wanted.items():
        if outcome == "queued":
            assert engine.done("approve_transaction", transaction_id=order, store="BEN", actor="ben")["queued"]["status"] == "approved"
    found = engine.on_hand()
    assert {name: found.get(name, 0) for name in left} == left
    engine.proven("BEN")
