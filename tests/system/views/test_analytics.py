"""The analytics' figures against the same written out by hand."""

from conftest import connect, fold, rows, value


def sell(shop, store, product, quantity, days):
    """So many days ago."""
    rows(
        shop.connection, "select inventory.must(inventory.record_sale(%s, jsonb_build_array(jsonb_build_object('sku', %s::text, 'quantity', %s::integer)), occurred_at => now() - make_interval(days => %s)))",
        shop.stores[store], shop.skus[product], quantity, days,
    )


def test_figures_are_those_of_the_shop(shop):
    s = shop(stores=2, products=3)
    folder = connect()
    for store, code in enumerate(s.stores):
        for product, sku in enumerate(s.skus):
            rows(s.connection, "select inventory.receive_purchase(%s, jsonb_build_array(jsonb_build_object('sku', %s::text, 'quantity', 100, 'unit_cost', %s::integer)))", code, sku, 1 + product)
    sell(s, 0, 1, 7, 1)
    sell(s, 0, 1, 10, 5)
    sell(s, 0, 2, 4, 9)
    sell(s, 0, 2, 6, 25)
    sell(s, 0, 2, 50, 0)
    sell(s, 1, 1, 3, 2)
    fold(folder)
    assert value(folder, "select inventory.fold_analytics()") > 0
    (one,) = rows(
        folder,
        "select stock_rows, on_hand, value_at_cost, value_at_price, sold_1, sold_7, sold_30, velocity_7, trend, dead_rows, dead_units, dead_value, currency "
        "from inventory.inventory_analytics_mv where scope = 'store' and code = %s", s.stores[0],
    )
    # 100, 83 and 40 left; costs 1, 2, 3; prices none, 2.5, 10.
    assert [str(x) for x in one[:4]] == ["3", "223", "386.000000", "607.500000"]
    assert [int(x) for x in one[4:7]] == [7, 17, 27]
    assert abs(float(one[7]) - 17 / 7) < 1e-6
    assert float(one[8]) == (17 - 4) / 4
    assert one[9:12] == (1, 100, 100) and one[12] == "EUR"
    (category,) = rows(
        folder, "select sold_30, stock_rows from inventory.inventory_analytics_mv where scope = 'category' and id = %s", s.categories[0]
    )
    assert category == (20, 2), "product 1 in both stores"
    whole = dict(rows(folder, "select scope, sum(on_hand) from inventory.inventory_analytics_mv group by scope"))
    assert len(set(whole.values())) == 1, "every way of dividing comes to the whole"
    rows(s.connection, "update inventory.stores set currency = 'USD' where store_id = %s", s.store_ids[1])
    value(folder, "select inventory.fold_analytics()")
    assert rows(folder, "select currency, value_at_price from inventory.inventory_analytics_mv where scope = 'overall'") == [(None, None)]
    assert rows(folder, "select currency from inventory.inventory_analytics_mv where scope = 'store' and code = %s", s.stores[1]) == [("USD",)]
    rows(s.connection, "update inventory.stores set currency = 'EUR' where store_id = %s", s.store_ids[1])


def test_when_every_store_is_closed_the_whole_is_nothing(shop):
    s = shop()
    s.stock(10)
    folder = connect()
    fold(folder)
    rows(folder, "create temporary table open as select store_id from inventory.stores where active")
    rows(folder, "update inventory.stores set active = false where active")
    try:
        fold(folder)
        assert value(folder, "select inventory.fold_analytics()") > 0
        assert rows(folder, "select scope, stock_rows, on_hand, value_at_cost from inventory.inventory_analytics_mv") == [("overall", 0, 0, None)]
        assert value(folder, "select age < interval '1 minute' from inventory.view_freshness where relation = 'inventory_analytics_mv'")
    finally:
        rows(folder, "update inventory.stores set active = true where store_id in (select store_id from open)")
        fold(folder)


def test_a_last_sale_before_the_days_that_are_kept_counts_after_a_rebuild_too(shop):
    s = shop()
    s.stock(5)
    folder = connect()
    fold(folder)
    rows(folder, "update inventory.settings set value = '1000' where name = 'dead_stock_days'")
    try:
        sell(s, 0, 0, 1, 500)
        for rebuild in (False, True):
            fold(folder, rebuild=rebuild)
            value(folder, "select inventory.fold_analytics()")
            assert value(folder, "select dead_rows from inventory.inventory_analytics_mv where scope = 'store' and code = %s", s.stores[0]) == 0, rebuild
    finally:
        rows(folder, "update inventory.settings set value = '90' where name = 'dead_stock_days'")


def test_what_came_back_on_the_same_day_counts_against_a_sale_that_a_rebuild_has_put_apart(shop):
    s = shop()
    s.stock(9)
    folder = connect()
    move = "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, %s, %s)"
    for kind, delta, is_dead in (("sale", -5, 0), ("return", 5, 1)):
        rows(s.connection, move, s.store_ids[0], s.product_ids[0], kind, delta)
        fold(folder, rebuild=kind == "sale")
        value(folder, "select inventory.fold_analytics()")
        assert value(folder, "select dead_rows from inventory.inventory_analytics_mv where scope = 'store' and code = %s", s.stores[0]) == is_dead
