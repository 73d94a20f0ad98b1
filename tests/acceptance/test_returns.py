"""Online Retail through the engine: an invoice is a sale, a cancellation a return to the invoices of that customer and article, a
write-off an adjustment. A cancellation does not say what it cancels, so it is matched here, latest sale first; what has no sale in the
data is taken back without a receipt and listed. The engine's own account of sales and returns must come to the same."""

import collections
import fnmatch

from acceptance_support import CLASSES, WHOLE, Engine, read

PATTERNS = [pattern for patterns in CLASSES.values() for pattern in patterns]


def is_article(code):
    return not any(fnmatch.fnmatchcase(code, pattern) for pattern in PATTERNS)


def documents():
    """Invoices in the order of the file: [(number, customer, when, [(sku, quantity, price, description)])]."""
    found = {}
    for number, each in enumerate(read("online-retail/online-retail.csv.gz")):
        if not WHOLE and number == 25_000:
            break
        if is_article(each["StockCode"]):
            lines = found.setdefault(each["InvoiceNo"], (each["CustomerID"], each["InvoiceDate"], []))[2]
            lines.append((each["StockCode"].upper(), int(each["Quantity"]), float(each["UnitPrice"]), each["Description"]))
    return [(number, *rest) for number, rest in found.items()]


def test_cancellations_are_returns_and_write_offs_adjustments(db):
    engine = Engine(db)
    history = documents()
    moved = collections.Counter()
    for _, _, _, lines in history:
        for sku, quantity, _, _ in lines:
            moved[sku] += abs(quantity)
    engine.make("UK", sorted(moved))
    for start in range(0, len(moved), 1000):
        some = sorted(moved)[start:start + 1000]
        engine.done("receive_purchase", store="UK", lines=[{"sku": sku, "quantity": max(moved[sku], 1)} for sku in some])
    expected = {sku: max(units, 1) for sku, units in moved.items()}

    sold = collections.defaultdict(list)  # by customer and sku: [invoice, units not returned yet], latest last
    returned, unmatched = collections.Counter(), collections.Counter()
    whole = part = none = 0
    for number, customer, when, lines in history:
        about = {"store": "UK", "reference": number, "occurred_at": when + "+00"}
        sales, adjustments, cancelled = [], [], []
        for sku, quantity, price, why in lines:
            if number.startswith("C"):
                cancelled.append((sku, -quantity))
                expected[sku] -= quantity
            elif quantity < 0 or price == 0 and not customer:
                adjustments.append((sku, quantity, why))
                expected[sku] += quantity
            else:
                sales.append({"sku": sku, "quantity": quantity, "price": abs(price)})
                expected[sku] -= quantity
        if sales:
            engine.done("record_sale", **about, party=customer or None, lines=sales)
            for each in sales:
                sold[customer, each["sku"]].append([number, each["quantity"]])
        for sku, quantity, why in adjustments:
            engine.done("adjust_stock", **about, lines=[{"sku": sku, "quantity": quantity}], reason=why.strip() or "not said")
        if cancelled:
            by_invoice = collections.defaultdict(list)
            for sku, quantity in cancelled:
                left = quantity
                mine = sold[customer, sku] if customer else []
                while left > 0 and mine:
                    units = min(left, mine[-1][1])
                    by_invoice[mine[-1][0]].append((sku, units))
                    returned[mine[-1][0], sku] += units
                    mine[-1][1] -= units
                    left -= units
                    if mine[-1][1] == 0:
                        mine.pop()
                if left > 0:
                    by_invoice[None].append((sku, left))
                    unmatched[number, sku] += left
                whole += left == 0
                part += 0 < left < quantity
                none += left == quantity
            for invoice, those in by_invoice.items():
                engine.done(
                    "return_sale", **about, sale=invoice, party=customer or None,
                    lines=[{"sku": sku, "quantity": quantity} for sku, quantity in those],
                )
    print(f"cancelled lines: {whole} with their sales, {part} in part, {none} without")
    assert engine.on_hand() == expected
    # What was taken back of each invoice, and what without a receipt, as the documents have it.
    found = db.rows(
        "select coalesce(o.reference, ''), d.reference, p.sku, sum(l.quantity) from inventory.stock_documents as d "
        "join inventory.stock_document_lines as l using (document_id) join inventory.products as p on p.product_id = l.product_id "
        "left join inventory.stock_documents as o on o.document_id = l.original_document_id "
        "where d.kind = 'return' group by 1, 2, 3"
    )
    by_sale = collections.Counter()
    for sale, _, sku, quantity in found:
        if sale:
            by_sale[sale, sku] += quantity
    assert by_sale == returned
    assert {(number, sku): quantity for sale, number, sku, quantity in found if not sale} == unmatched
    # Nothing more can be returned of what was returned wholly.
    (invoice, sku), _ = returned.most_common(1)[0]
    answer = engine.return_sale(store="UK", lines=[{"sku": sku, "quantity": 10_000_000}], sale=invoice)
    assert [error["code"] for error in answer["errors"]] == ["return_exceeds_sale"]
    engine.proven("UK")
