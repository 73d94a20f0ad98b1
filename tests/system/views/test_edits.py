"""Each kind of edit that changes a figure is folded like a movement."""

import pytest
from conftest import connect, differences, fold, rows, value

EDITS = {
    "price": "update inventory.products set base_price = 99 where product_id = %(product)s",
    "no price": "update inventory.products set base_price = null where product_id = %(product)s",
    "category": "update inventory.products set category_id = %(category)s where product_id = %(product)s",
    "no category": "update inventory.products set category_id = null where product_id = %(product)s",
    "product off": "update inventory.products set active = false where product_id = %(product)s",
    "product on": "update inventory.products set active = true where product_id = %(product)s",
    "store off": "update inventory.stores set active = false where store_id = %(store)s",
    "store on": "update inventory.stores set active = true where store_id = %(store)s",
    "units": "update inventory.products set pieces_per_pack = 5, packs_per_box = 2 where product_id = %(product)s",
    "threshold": "update inventory.inventory_stock set low_stock_threshold = 500 where store_id = %(store)s and product_id = %(product)s",
    "lots": "select inventory.set_lot_policy(%(sku)s, 'fifo', 3)",
    "late cost": "select inventory.must(inventory.add_lot_cost(%(code)s, (select max(lot_id) from inventory.stock_lots where store_id = %(store)s), 11))",
    "no lots": "select inventory.set_lot_policy(%(sku)s, null)",
    "purchase": "select inventory.must(inventory.receive_purchase(%(code)s, jsonb_build_array(jsonb_build_object('sku', %(sku)s::text, 'quantity', 1, 'unit_cost', 5))))",
    "key": "update inventory.inventory_stock set product_id = %(other)s where store_id = %(store)s and product_id = %(product)s",
    "key back": "update inventory.inventory_stock set product_id = %(product)s where store_id = %(store)s and product_id = %(other)s",
    "gone": "delete from inventory.inventory_stock where store_id = %(store)s and product_id = %(product)s",
    "again": "insert into inventory.inventory_stock (store_id, product_id, on_hand) values (%(store)s, %(product)s, 4)",
    "currency": "update inventory.stores set currency = 'USD' where store_id = %(store)s",
    "currency back": "update inventory.stores set currency = 'EUR' where store_id = %(store)s",
    "new product": "insert into inventory.products (sku, name) values (%(sku)s || '-new', 'new')",
    "product gone": "delete from inventory.products where sku = %(sku)s || '-new'",
    "truncate": "truncate inventory.inventory_stock",
}


def test_each_edit_is_folded(session, shop):
    s = shop(stores=2, products=4)
    reader, folder = session(), connect()
    for product in range(3):
        for store in range(2):
            s.stock(50, store=store, product=product)
    fold(folder)
    names = {
        "product": s.product_ids[1], "other": s.product_ids[3], "store": s.store_ids[0], "code": s.stores[0], "sku": s.skus[1], "category": s.categories[1],
    }
    for edit, sql in EDITS.items():
        if edit == "truncate":
            rows(folder, "update inventory.inventory_stock set reserved = 0 where reserved <> 0")
            if value(folder, "select count(*) from inventory.stock_lots where is_open") > 0:
                continue
        with s.connection.cursor() as cursor:
            cursor.execute(sql, names)
        assert differences(reader, "now") == [], edit
        assert fold(folder)[1] is None, edit
        assert differences(reader, "mv") == [], edit
    rows(folder, "delete from inventory.inventory_stock where product_id = %s", s.product_ids[2])
    s.stock(59, product=2)
    fold(folder)
    found = rows(reader, "select boxes, packs, pieces from inventory.inventory_summary_mv where sku = %s", s.skus[2])
    assert found == [(2, 1, 5)], "24 to a box, 6 to a pack"


def test_late_sales_count_for_the_rank(session, shop):
    s = shop()
    s.stock(4)
    reader, folder = session(), connect()
    fold(folder)
    rows(
        s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -1, now() - interval '3 days')",
        s.store_ids[0], s.product_ids[0],
    )
    assert differences(reader, "now") == []
    fold(folder)
    assert differences(reader, "mv") == []
    assert rows(folder, "select sold_30, days_of_cover, rank from inventory.low_stock_alerts_mv where store = %s", s.stores[0]) == [(1, 90, 90)]
    s.set(0)
    fold(folder)
    ((rank,),) = rows(folder, "select rank from inventory.low_stock_alerts_mv where store = %s", s.stores[0])
    assert rank == pytest.approx(-1 / 30), "out of stock comes first"


def test_what_falls_by_a_plain_update_has_its_sales(session, shop):
    s = shop(stores=3)
    s.stock(100, store=2)
    reader, folder = session(), connect()
    rows(
        s.connection, "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, 'sale', -6, now() - interval '3 days')",
        s.store_ids[2], s.product_ids[0],
    )
    fold(folder)
    s.set(2, store=2)
    assert differences(reader, "now") == []
    fold(folder)
    assert differences(reader, "mv") == []
    assert rows(folder, "select sold_30, days_of_cover from inventory.low_stock_alerts_mv where store = %s", s.stores[2]) == [(6, 10)]
    for active in ("false", "true"):
        rows(s.connection, f"update inventory.stores set active = {active} where store_id = %s", s.store_ids[2])
        assert differences(reader, "now") == []
        fold(folder)
        assert differences(reader, "mv") == []
