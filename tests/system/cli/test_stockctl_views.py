"""stockctl views: how fresh they are, and a rebuild."""

from conftest import connect


def test_status_and_refresh(shop):
    before = {row["relation"]: row for row in shop.stockctl.json("views", "status")}
    assert set(before) == {
        "inventory_summary_mv", "inventory_by_shop_mv", "inventory_by_shop_category_mv", "low_stock_alerts_mv", "inventory_analytics_mv",
    }
    assert before["inventory_summary_mv"]["age"] is None
    assert "not folded yet" in shop.stockctl("views", "status").stdout
    done = shop.stockctl("views", "refresh")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Rebuilt: 2 stock rows were not as the views had them, 0 low-stock events.")
    after = {row["relation"]: row for row in shop.stockctl.json("views", "status")}
    assert after["inventory_summary_mv"]["rows_waiting"] == 0
    assert after["inventory_summary_mv"]["last_rebuild_reason"] == "asked for"
    assert after["inventory_analytics_mv"]["age"] is not None
    assert shop.stockctl.json("views", "refresh") == {"rowsFolded": 0, "eventsWritten": 0}
    assert "summary" in shop.stockctl("views", "status").stdout


def test_who_may_not_fold_is_told_so(shop):
    connection = connect(shop.stockctl.database)
    with connection.cursor() as cursor:
        cursor.execute("drop role if exists views_reader")
        cursor.execute("create role views_reader login in role inventory_reader")
    connection.close()
    done = shop.stockctl("views", "refresh", PGUSER="views_reader")
    assert done.returncode == 1 and "permission denied" in done.stderr
    assert shop.stockctl("views", "status", PGUSER="views_reader").returncode == 0
    assert shop.stockctl("views").returncode == 2
