#!/usr/bin/env python3
"""Makes the bundled sample (data/) from the raw data sets, byte for byte the same every time.

usage: make_sample.py RAW_DIR [OUT_DIR]

RAW_DIR holds online-retail/online-retail.csv.gz and foodmart/*.csv; data/README.md says where they come from, what was taken,
what was derived and why. Needs nothing but Python's standard library.
"""

import csv
import gzip
import io
import json
import os
import sys
from collections import defaultdict

# The last trading day of December 2010: a bit more than the first three weeks.
LAST_DAY = "2010-12-23"
FOODMART_MONTH = "1998-12"
FOODMART_LAST_DAY = "1998-12-20"
# The opening stock also covers what is sold until then, so that shelves are not empty where the sample ends.
COVERED_DAY = "2011-01-31"

# What is no article, by StockCode; the classes appear in the import's report.
NO_STOCK = {
    "postage": ["POST", "DOT", "C2"],
    "manual entry": ["M", "m"],
    "discount": ["D"],
    "samples": ["S"],
    "charges": ["BANK CHARGES", "AMAZONFEE"],
    "donation": ["CRUK"],
    "bad debt": ["B"],
    "gift voucher": ["gift_*"],
}

ONLINE_RETAIL_RULES = [f"StockCode={'|'.join(codes)} -> skip={name}" for name, codes in NO_STOCK.items()] + [
    "InvoiceNo=C* -> kind=return, sign=negate",
    "Quantity<0 -> kind=adjustment, sign=as-is, reason=@Description",
    "UnitPrice=0|0.0 & CustomerID= -> kind=adjustment, sign=as-is, reason=@Description",
]


def is_stock(code):
    return not any(
        code == pattern or (pattern.endswith("*") and code.startswith(pattern[:-1]))
        for codes in NO_STOCK.values()
        for pattern in codes
    )


def online_retail_change(row):
    """What a line of an article does to on_hand; the same as ONLINE_RETAIL_RULES say."""
    quantity = int(row["Quantity"])
    if row["InvoiceNo"].startswith("C"):
        return -quantity
    if quantity < 0 or (row["UnitPrice"] in ("0", "0.0") and row["CustomerID"] == ""):
        return quantity
    return -quantity


def openings(changes):
    """The least opening quantity per key with which no balance falls below zero. changes: (key, change) in order."""
    balance = defaultdict(int)
    lowest = defaultdict(int)
    for key, change in changes:
        balance[key] += change
        lowest[key] = min(lowest[key], balance[key])
    return {key: -low for key, low in lowest.items() if low < 0}


def csv_text(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def write(out_dir, name, content):
    path = os.path.join(out_dir, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        if name.endswith(".gz"):
            # No name and no time in the header, so that the same content is the same file.
            with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
                packed.write(content)
        else:
            file.write(content)
    return os.path.getsize(path)


def read_csv(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_online_retail(raw, out):
    path = os.path.join(raw, "online-retail", "online-retail.csv.gz")
    kept = []
    rows = []
    covered = []
    names = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        heading = file.readline()
        fields = next(csv.reader([heading]))
        kept.append(heading)
        for line in file:
            # Line by line, to keep the bytes as they are: no field of this file holds a line end.
            row = dict(zip(fields, next(csv.reader([line]))))
            if row["InvoiceDate"][:10] <= LAST_DAY:
                kept.append(line)
                rows.append(row)
            if row["InvoiceDate"][:10] <= COVERED_DAY and is_stock(row["StockCode"]):
                covered.append((row["StockCode"].upper(), online_retail_change(row)))
            # The first sale says what an article is called and costs; what write-offs are described with are remarks. For some
            # articles that sale comes later than the weeks that are kept.
            if int(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0 and row["Description"].strip():
                names.setdefault(row["StockCode"].upper(), (row["Description"].strip(), row["UnitPrice"]))
    articles = [row for row in rows if is_stock(row["StockCode"])]
    known = {row["StockCode"].upper() for row in articles}
    skus = sorted(known)
    write(out, "online-retail/products.csv", csv_text(
        ["sku", "name", "base_price"], [[sku, *names.get(sku, (sku, ""))] for sku in skus]
    ))
    stock = {sku: quantity for sku, quantity in openings(covered).items() if sku in known}
    write(out, "online-retail/opening.csv", csv_text(
        ["store", "sku", "quantity", "occurred_at"],
        [["UK", sku, stock[sku], "2010-12-01 00:00:00"] for sku in sorted(stock)],
    ))
    write(out, "online-retail/lines.csv.gz", "".join(kept).encode())
    return len(rows), len(articles)


def make_foodmart(raw, out):
    folder = os.path.join(raw, "foodmart")
    days = {row["time_id"]: row["the_date"][:10] for row in read_csv(os.path.join(folder, "time_by_day.csv"))}
    zones = {"Mexico": "America/Mexico_City", "Canada": "America/Vancouver", "USA": "America/Los_Angeles"}
    stores = [row for row in read_csv(os.path.join(folder, "store.csv")) if row["store_type"] != "HeadQuarters"]
    classes = {row["product_class_id"]: row for row in read_csv(os.path.join(folder, "product_class.csv"))}
    products = read_csv(os.path.join(folder, "product.csv"))
    skus = {row["product_id"]: row["SKU"] for row in products}
    code = {row["store_id"]: f"FM-{int(row['store_id']):02d}" for row in stores}

    levels = ["product_family", "product_department", "product_category", "product_subcategory"]
    rows = []
    for row in sorted(products, key=lambda row: row["SKU"]):
        path = [classes[row["product_class_id"]][level] for level in levels]
        rows.append([
            row["SKU"], row["product_name"], row["brand_name"], " > ".join(path), row["SRP"], row["units_per_case"],
            row["cases_per_pallet"],
        ])
    write(out, "foodmart/products.csv.gz", csv_text(
        ["sku", "name", "vendor", "category", "base_price", "pieces_per_pack", "packs_per_box"], rows
    ))

    moves = []
    for row in read_csv(os.path.join(folder, "inventory_fact_1998.csv")):
        day = days[row["time_id"]]
        if day.startswith(FOODMART_MONTH) and int(row["units_shipped"]) > 0:
            moves.append((day, 0, code[row["store_id"]], skus[row["product_id"]], "purchase", int(row["units_shipped"]),
                          f"warehouse {row['warehouse_id']}"))
    for row in read_csv(os.path.join(folder, "sales_fact_dec_1998.csv.gz")):
        moves.append((days[row["time_id"]], 1, code[row["store_id"]], skus[row["product_id"]], "sale",
                      int(float(row["unit_sales"])), f"customer {row['customer_id']}"))
    # A day's deliveries come before its sales; otherwise the order of the files.
    moves.sort(key=lambda move: move[:2])
    stock = openings(((move[2], move[3]), move[5] if move[4] == "purchase" else -move[5]) for move in moves)
    write(out, "foodmart/opening.csv.gz", csv_text(
        ["store", "sku", "quantity", "occurred_at"],
        [[store, sku, stock[store, sku], FOODMART_MONTH + "-01"] for store, sku in sorted(stock)],
    ))
    moves = [move for move in moves if move[0] <= FOODMART_LAST_DAY]
    write(out, "foodmart/movements.csv.gz", csv_text(
        ["store", "sku", "kind", "quantity", "reference", "occurred_at"],
        [[move[2], move[3], move[4], move[5], move[6], move[0]] for move in moves],
    ))
    store_rows = [
        [code[row["store_id"]], f"{row['store_name']}, {row['store_city']} ({row['store_type']})", "USD", zones[row["store_country"]]]
        for row in stores
    ]
    return sorted(store_rows), len(moves)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.strip())
    raw = sys.argv[1]
    out = sys.argv[2] if len(sys.argv) == 3 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
    lines, articles = make_online_retail(raw, out)
    store_rows, moves = make_foodmart(raw, out)
    write(out, "stores.csv", csv_text(
        ["code", "name", "currency", "time_zone"], [["UK", "Online shop, London", "GBP", "Europe/London"]] + store_rows
    ))
    manifest = {
        "about": "What stockctl import sample data brings in, in this order. Made by scripts/make_sample.py.",
        "imports": [
            {"target": "stores", "file": "stores.csv"},
            {"target": "products", "file": "online-retail/products.csv"},
            {"target": "products", "file": "foodmart/products.csv.gz", "create_missing": True},
            {"target": "movements", "file": "online-retail/opening.csv", "set": {"kind": "opening", "reason": "derived"},
             "time_zone": "Europe/London"},
            {"target": "movements", "file": "foodmart/opening.csv.gz", "set": {"kind": "opening", "reason": "derived"}},
            {"target": "movements", "file": "foodmart/movements.csv.gz"},
            {
                "target": "movements",
                "file": "online-retail/lines.csv.gz",
                "map": {"sku": "StockCode", "quantity": "Quantity", "reference": "InvoiceNo", "occurred_at": "InvoiceDate"},
                "set": {"store": "UK", "kind": "sale"},
                "rules": ONLINE_RETAIL_RULES,
                "case": "fold-upper",
                "time_zone": "Europe/London",
            },
        ],
    }
    write(out, "manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())
    print(f"online-retail: {lines} lines, {articles} of them of articles; foodmart: {moves} movements", file=sys.stderr)


if __name__ == "__main__":
    main()
