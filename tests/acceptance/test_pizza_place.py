"""Pizza Place: a year of orders, each one deduction by recipe, a portion of every ingredient that the menu names (the data has no
quantities). What the year used is counted once more without the engine."""

import collections

from acceptance_support import WHOLE, Engine, chunks, read

FOLDER = "pizza-place/"


def test_every_order_is_one_deduction(db):
    engine = Engine(db)
    # The type of a pizza names its ingredients; the file is Windows-1252.
    types = {
        each["pizza_type_id"]: sorted({name.strip() for name in each["ingredients"].split(",")})
        for each in read(FOLDER + "pizza_types.csv", encoding="windows-1252")
    }
    type_of = {each["pizza_id"]: each["pizza_type_id"] for each in read(FOLDER + "pizzas.csv")}
    times = {each["order_id"]: f"{each['date']} {each['time']}+00" for each in read(FOLDER + "orders.csv.gz")}
    orders = collections.defaultdict(list)
    for each in read(FOLDER + "order_details.csv.gz"):
        orders[each["order_id"]].append((each["pizza_id"], int(each["quantity"])))
    assert len(orders) == 21350
    if not WHOLE:
        orders = dict(list(orders.items())[:1500])

    used, sold = collections.Counter(), 0
    for lines in orders.values():
        for pizza, quantity in lines:
            sold += quantity
            for name in types[type_of[pizza]]:
                used[name] += quantity
    if WHOLE:
        assert (sold, used["Garlic"], used["Mozzarella Cheese"]) == (49574, 27913, 10569)

    names = sorted({name for each in types.values() for name in each})
    engine.make("PIZZA", [*names, *type_of])
    for pizza, of_type in type_of.items():
        engine.set_recipe(sku=pizza, ingredients=[{"name": name, "quantity": 1, "unit": "portion"} for name in types[of_type]])
    for name in names:
        engine.set_conversion_mapping(store="PIZZA", ingredient_name=name, ingredient_unit="portion", sku=name, numerator=1)
    opening = 300_000
    engine.done("receive_purchase", store="PIZZA", lines=[{"sku": name, "quantity": opening} for name in names])

    requests = [
        {"store": "PIZZA", "transaction_id": order, "occurred_at": times[order],
         "lines": [{"sku": pizza, "quantity": quantity} for pizza, quantity in lines]}
        for order, lines in orders.items()
    ]
    # Every twentieth by itself, the others by hundreds.
    for number, some in enumerate(chunks(requests, 100)):
        answers = engine.deduct_inventory_many(requests=some) if number % 20 else [engine.deduct_inventory_atomic(**each) for each in some]
        assert all(each["success"] and not each["replayed"] for each in answers)
    found = engine.on_hand()
    assert {name: opening - found[name] for name in names} == {name: used[name] for name in names}
    assert db.value("select count(*) from inventory.inventory_deductions") == len(orders)
    # The day's file comes once more: nothing is taken again.
    assert all(each["replayed"] for each in engine.deduct_inventory_many(requests=requests[:100]))
    assert engine.on_hand() == found
    engine.proven("PIZZA")
