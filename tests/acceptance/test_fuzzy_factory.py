"""Maven Fuzzy Factory: a web shop's orders, and refunds that name the line they undo. Every refund gives back exactly its line, once."""

import collections

from acceptance_support import WHOLE, Engine, read

FOLDER = "maven-fuzzy-factory/"


def test_every_refund_compensates_its_line(db):
    engine = Engine(db)
    lines_of = collections.defaultdict(list)
    for each in read(FOLDER + "order_items.csv.gz"):
        lines_of[each["order_id"]].append(each)
    happened = [(lines[0]["created_at"], 0, order) for order, lines in lines_of.items()]
    happened += [(each["created_at"], 1, each) for each in read(FOLDER + "order_item_refunds.csv.gz")]
    happened.sort(key=lambda one: one[:2])
    assert len(happened) == 32313 + 1731
    if not WHOLE:
        happened = happened[:3000]

    skus = [f"P{each['product_id']}" for each in read(FOLDER + "products.csv")]
    engine.make("WEB", skus)
    opening = 50_000
    engine.done("receive_purchase", store="WEB", lines=[{"sku": sku, "quantity": opening} for sku in skus])
    expected = dict.fromkeys(skus, opening)
    waiting, place, refunded = [], {}, []

    def deduct():
        for start in range(0, len(waiting), 500):
            assert all(each["success"] for each in engine.deduct_inventory_many(requests=waiting[start:start + 500]))
        waiting.clear()

    for when, is_refund, what in happened:
        if not is_refund:
            lines = []
            for number, line in enumerate(lines_of[what], 1):
                sku = f"P{line['product_id']}"
                lines.append({"sku": sku, "quantity": 1, "price": float(line["price_usd"])})
                place[line["order_item_id"]] = (what, number, sku)
                expected[sku] -= 1
            waiting.append({"store": "WEB", "transaction_id": what, "lines": lines, "occurred_at": when + "+00"})
            continue
        deduct()
        order, number, sku = place[what["order_item_id"]]
        assert order == what["order_id"]
        request = {"transaction_id": order, "lines": [{"line": number}], "reference": what["order_item_refund_id"], "occurred_at": when + "+00"}
        answer = engine.done("compensate_deduction", **request)
        assert answer["itemsRestored"] == 1
        assert [(each["sku"], each["on_hand_delta"]) for each in answer["movements"]] == [(sku, 1)], answer
        expected[sku] += 1
        refunded.append((what["order_item_refund_id"], order, number, sku))
        # Asked again: nothing is left of the line.
        assert engine.done("compensate_deduction", **request)["itemsRestored"] == 0
    deduct()
    assert len(refunded) == 1731 if WHOLE else refunded
    assert engine.on_hand() == expected
    logged = db.rows(
        "select d.reference, c.transaction_id, c.line, p.sku, c.numerator / c.denominator "
        "from inventory.inventory_compensation_log as c join inventory.stock_documents as d using (document_id) "
        "join inventory.products as p on p.product_id = c.product_id"
    )
    assert sorted(logged) == sorted((*each, 1) for each in refunded)
    engine.proven("WEB")
