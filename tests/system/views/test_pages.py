"""Pages of the views as stockd asks for them: in every order, one after the other, they are the view."""

import json

import pytest
from conftest import connect, fold, rows, value

ORDERS = {
    "summary": {"sku": "sku", "name": "name", "available": "available", "on_hand": "on_hand", "value": "value_at_price", "last_movement": "last_movement_at"},
    "by-shop": {"store": "store", "value": "value_at_price", "out_of_stock": "out_of_stock", "low_stock": "low_stock"},
    "low-stock": {"rank": "rank", "since": "since", "shortage": "shortage"},
}
RELATIONS = {
    "summary": ("inventory_summary_mv", ["product_id"], "sku", "productId"),
    "by-shop": ("inventory_by_shop_mv", ["store_id"], "store", "storeId"),
    "low-stock": ("low_stock_alerts_mv", ["store_id", "product_id"], "store || sku", None),
}


def pages(connection, view, **filters):
    """The items of all pages, one after the other."""
    found, cursor = [], None
    while True:
        asked = {**filters, "limit": "3", **({"cursor": cursor} if cursor else {})}
        page = value(connection, "select page from inventory._view_page(%s, %s::jsonb)", view, json.dumps(asked))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def names(view, found):
    key = RELATIONS[view][3]
    return [item[key] if key else item["storeId"] + item["productId"] for item in found]


@pytest.mark.parametrize(("view", "order"), [(view, order) for view, orders in ORDERS.items() for order in orders])
def test_in_every_order_the_pages_are_the_view(shop, view, order):
    s = shop(stores=3, products=8)
    for product in range(8):
        for store in range(product % 3 + 1):
            s.stock(product * 2 - store if product else 0, store=store, product=product)
    rows(s.connection, "update inventory.products set active = false where product_id = %s", s.product_ids[7])
    folder = connect()
    fold(folder)
    relation, keys, name, _ = RELATIONS[view]
    column = ORDERS[view][order]
    for sign, way in (("", "asc"), ("-", "desc")):
        wanted = rows(
            folder, f"select {name} from inventory.{relation} where {column} is not null order by " + ", ".join(f"{k} {way}" for k in (column, *keys))
        )
        assert names(view, pages(folder, view, sort=sign + order)) == [row[0] for row in wanted]


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
