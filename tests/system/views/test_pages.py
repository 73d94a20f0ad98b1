"""Pages of the views as stockd asks for them: in every order, one after the other, they are the view."""

import json

import psycopg2
import pytest
from conftest import connect, fold, rows, value

ORDERS = {
    "summary": {"sku": "sku", "name": "name", "available": "available", "on_hand": "on_hand", "value": "value_at_price", "last_movement": "last_movement_at"},
    "by-shop": {"store": "store", "value": "value_at_price", "out_of_stock": "out_of_stock", "low_stock": "low_stock"},
    "low-stock": {"rank": "rank", "since": "since", "shortage": "shortage"},
    "analytics": {"scope": "scope", "value": "value_at_price", "sold": "sold_30"},
}
RELATIONS = {
    "summary": ("inventory_summary_mv", ["product_id"], "sku", ("productId",)),
    "by-shop": ("inventory_by_shop_mv", ["store_id"], "store", ("storeId",)),
    "low-stock": ("low_stock_alerts_mv", ["store_id", "product_id"], "store || sku", ("storeId", "productId")),
    "analytics": ("inventory_analytics_mv", ["scope", "id"], "scope || coalesce(code, '')", ("scope", "code")),
}


def pages(connection, view, **filters):
    """The items of all pages, one after the other."""
    found, cursor = [], None
    while True:
        asked = {**filters, "limit": "3", **({"cursor": cursor} if cursor else {})}
        page = value(connection, "select page from inventory._view_page(%s, %s::jsonb)", view, json.dumps(asked))
        found += page["items"]
        assert len(found) < 1000, "pages without an end"
        cursor = page["next"]
        if cursor is None:
            return found


def names(view, found):
    return ["".join(item[key] or "" for key in RELATIONS[view][3]) for item in found]


@pytest.mark.parametrize(("view", "order"), [(view, order) for view, orders in ORDERS.items() for order in orders])
def test_in_every_order_the_pages_are_the_view(shop, view, order):
    s = shop(stores=3, products=8)
    for product in range(8):
        for store in range(product % 3 + 1):
            s.stock(product * 2 - store if product else 0, store=store, product=product)
    rows(s.connection, "update inventory.products set active = false where product_id = %s", s.product_ids[7])
    folder = connect()
    fold(folder)
    value(folder, "select inventory.fold_analytics()")
    relation, keys, name, _ = RELATIONS[view]
    column = ORDERS[view][order]
    for sign, way in (("", "asc"), ("-", "desc")):
        wanted = rows(
            folder, f"select {name} from inventory.{relation} where {column} is not null order by " + ", ".join(f"{k} {way}" for k in (column, *keys))
        )
        assert names(view, pages(folder, view, sort=sign + order)) == [row[0] for row in wanted]


@pytest.mark.parametrize(("view", "order"), [("low-stock", "since"), ("low-stock", "rank"), ("summary", "last_movement")])
def test_pages_are_read_on_whatever_the_session_has_set(shop, view, order):
    """A cursor has times and fractions as text. In these styles IST is another zone, and 3 * 30 / 13 another number."""
    s = shop(stores=1, products=7)
    for product in range(7):
        s.stock(16, product=product, threshold=13)
        rows(
            s.connection, "select inventory.must(inventory.record_sale(%s, %s::jsonb, occurred_at => now() - interval '2 days'))",
            s.stores[0], json.dumps([{"sku": s.skus[product], "quantity": 13}]),
        )
    folder = connect()
    fold(folder)

    def mine():
        return [name for name in names(view, pages(folder, view, sort=order)) if name.endswith(tuple(s.skus))]

    plain = mine()
    assert len(plain) == 7
    for setting in ("datestyle = 'SQL, DMY'", "datestyle = 'German'", "timezone = 'Asia/Kolkata'", "extra_float_digits = 0", "intervalstyle = iso_8601"):
        rows(folder, "set " + setting)
        assert mine() == plain, setting


def test_a_filtered_page_of_the_summary_is_the_filtered_view(shop):
    s = shop(stores=2, products=6)
    for product in range(6):
        s.stock(product * 3, product=product)
    folder = connect()
    fold(folder)
    for filters in ({"status": "low_stock"}, {"status": "out_of_stock"}, {"category": value(folder, "select code from inventory.categories order by 1 limit 1")}):
        ((column, wanted),) = filters.items()
        skus = rows(folder, f"select sku from inventory.inventory_summary_mv where {column} = %s order by sku", wanted)
        assert names("summary", pages(folder, "summary", **filters)) == [row[0] for row in skus]


def test_pages_are_asked_for_one_of_many(shop):
    s = shop(stores=2, products=6)
    vendor = value(s.connection, "insert into inventory.vendors (code, name) values (%s, '') returning code", s.stores[0] + "-vendor")
    rows(s.connection, "update inventory.products set vendor_id = (select vendor_id from inventory.vendors where code = %s) where sku = any (%s)", vendor, s.skus[:2])
    for product in range(6):
        for store in range(2):
            s.stock(product * 2, store=store, product=product)
    category = value(s.connection, "select code from inventory.categories where category_id = %s", s.categories[0])
    folder = connect()
    fold(folder)
    value(folder, "select inventory.fold_analytics()")
    for view, filters, where in (
        ("summary", {"vendor": vendor}, "vendor = {vendor}"),
        ("low-stock", {"store": s.stores[0]}, "store = {store}"),
        ("low-stock", {"category": category}, "category = {category}"),
        ("low-stock", {"vendor": vendor}, "vendor = {vendor}"),
        ("low-stock", {"store": s.stores[1], "status": "out_of_stock"}, "store = {store} and status = {status}"),
        ("by-shop", {"store": s.stores[1]}, "store = {store}"),
        ("analytics", {"store": s.stores[1]}, "scope = 'store' and code = {store}"),
        ("analytics", {"category": category}, "scope = 'category' and code = {category}"),
        ("analytics", {"vendor": vendor}, "scope = 'vendor' and code = {vendor}"),
        ("analytics", {"scope": "vendor"}, "scope = {scope}"),
    ):
        relation, keys, name, _ = RELATIONS[view]
        key = {"summary": "sku", "by-shop": "store", "low-stock": "rank", "analytics": "scope"}[view]
        quoted = {filter: f"'{wanted}'" for filter, wanted in filters.items()}
        wanted = rows(folder, f"select {name} from inventory.{relation} where {where.format(**quoted)} order by " + ", ".join([key, *keys]))
        assert wanted, (view, filters)
        assert names(view, pages(folder, view, **filters)) == [row[0] for row in wanted], (view, filters)
    per_category = pages(folder, "by-shop", category=category)
    assert [(item["storeId"], item["category"], item["products"]) for item in per_category] == [(store, category, 2) for store in s.stores]
    assert len(pages(folder, "by-shop", by="category", store=s.stores[0])) == 3, "two categories, and none"


def test_a_search_is_paged_and_filtered(shop):
    s = shop(stores=1, products=8)
    folder = connect()
    words = s.skus[0].split("-")[0]
    everything = [sku for (sku,) in rows(folder, "select sku from inventory.search_products(%s)", words)]
    assert sorted(everything) == s.skus
    assert [item["productId"] for item in pages(folder, "search", q=words)] == everything
    category = value(s.connection, "select code from inventory.categories where category_id = %s", s.categories[0])
    assert [item["productId"] for item in pages(folder, "search", q=words, category=category)] == [sku for i, sku in enumerate(s.skus) if i % 3 == 1]
    assert pages(folder, "search", q=s.skus[3])[0]["productId"] == s.skus[3]
    of_others = [value(folder, "select inventory._cursor(%s, %s::jsonb)", sort, after) for sort, after in (("sku", '[1, "x"]'), ("relevance", '["x", 1]'))]
    for cursor in ("zz", "00", *of_others):
        with pytest.raises(psycopg2.errors.InvalidParameterValue):
            value(folder, "select page from inventory._view_page('search', %s::jsonb)", json.dumps({"q": words, "cursor": cursor}))
