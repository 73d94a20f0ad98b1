"""The views that a running stockd folds and serves, with the rights of its role alone."""

import json
import pathlib
import re
import signal
import urllib.error
import urllib.request

import psycopg2
import pytest

from conftest import Stockd, wait_for
from test_chores import make_daemon_url, make_sql, metric  # noqa: F401 pylint: disable=unused-import


def page(stockd, path):
    """(status, headers, body)"""
    http, _ = stockd.addresses()
    try:
        with urllib.request.urlopen(f"http://{http}{path}", timeout=40) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def items(stockd, path):
    status, _, body = page(stockd, path)
    assert status == 200, body
    return body["items"]


def change(sql, on_hand):
    sql("update inventory.inventory_stock set on_hand = %s", on_hand)


def test_the_relay_folds_and_pages_say_how_fresh_they_are(tmp_path, sql, daemon_url):
    with Stockd(tmp_path, "--analytics-interval", "100ms", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: page(stockd, "/api/inventory/summary")[1]["Stockd-Stale"] == "false", "the first fold; log: " + stockd.log())
        change(sql, 7)
        wait_for(lambda: [i["onHand"] for i in items(stockd, "/api/inventory/summary")] == [7], "the change in the summary")
        _, headers, body = page(stockd, "/api/inventory/summary")
        assert body["items"][0]["productId"] == "P" and body["next"] is None
        assert headers["Stockd-Position"] not in (None, "none") and int(headers["Stockd-Age-Ms"]) >= 0
        assert [i["storeId"] for i in items(stockd, "/api/inventory/by-shop")] == ["S"]
        wait_for(lambda: any(i["onHand"] == 7 for i in items(stockd, "/api/inventory/analytics?scope=overall")), "the analytics")
        assert sql("select age < interval '30 seconds' from inventory.view_freshness where relation = 'inventory_analytics_mv'")
        assert [i["productId"] for i in items(stockd, "/api/inventory/search?q=p")] == ["P"]
        sql("update inventory.inventory_stock set low_stock_threshold = 7")
        wait_for(lambda: [i["shortage"] for i in items(stockd, "/api/inventory/low-stock")] == [0], "the alert")
        wait_for(lambda: metric(stockd, "stockd_low_stock_events_total") == 1, "the metric")
        assert metric(stockd, "stockd_folded_rows_total") >= 2
        for relation in ("inventory_summary_mv", "low_stock_alerts_mv", "inventory_analytics_mv"):
            wait_for(lambda r=relation: metric(stockd, f'stockd_view_age_seconds{{relation="{r}"}}') is not None, "the age of " + relation)
        wait_for(lambda: metric(stockd, 'stockd_view_rows_waiting{relation="inventory_summary_mv"}') == 0, "no row to wait")
        assert sql("select count(*) from inventory.inventory_event where type = 'low_stock_alert'") == 1
        assert stockd.stop() == 0


def test_a_notify_rebuilds(tmp_path, sql, daemon_url):
    with Stockd(tmp_path, STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: sql("select rebuilt_at is not null from inventory.fold_state"), "the first fold")
        before = sql("select rebuilt_at from inventory.fold_state")
        sql("update inventory.folded_products set on_hand = 99")
        sql("notify refresh_inventory_views")
        wait_for(lambda: sql("select rebuilt_at > %s from inventory.fold_state", before), "the rebuild")
        assert sql("select on_hand from inventory.inventory_summary_mv") == 10
        before = sql("select rebuilt_at from inventory.fold_state")
        _, admin = stockd.addresses()
        with urllib.request.urlopen(urllib.request.Request(f"http://{admin}/api/inventory/views/refresh", method="POST"), timeout=40) as answer:
            assert answer.status == 202 and json.load(answer)["success"]
        wait_for(lambda: sql("select rebuilt_at > %s from inventory.fold_state", before), "the rebuild that HTTP asked for")
        assert "rebuilt the views (asked for)" in stockd.log()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{admin}/api/inventory/views/refresh", timeout=40)
        assert refused.value.code == 405 and refused.value.headers["Allow"] == "POST"
        assert stockd.stop() == 0


def test_pages_filter_sort_and_page_on(tmp_path, sql, daemon_url):
    sql("insert into inventory.categories (code, name) values ('c', 'C')")
    sql("insert into inventory.products (sku, name, base_price, category_id) select 'n' || n, 'N ' || n, n, (select category_id from inventory.categories) from generate_series(1, 9) as n")
    sql("insert into inventory.inventory_stock (store_id, product_id, on_hand) select s.store_id, p.product_id, 10 - p.base_price from inventory.stores as s, inventory.products as p where p.base_price is not null")
    with Stockd(tmp_path, STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: len(items(stockd, "/api/inventory/summary")) == 10, "all products")
        seen, cursor = [], ""
        while cursor is not None:
            _, _, body = page(stockd, "/api/inventory/summary?category=c&sort=-available&limit=4" + (f"&cursor={cursor}" if cursor else ""))
            seen.append([i["productId"] for i in body["items"]])
            cursor = body["next"]
        assert seen == [["n1", "n2", "n3", "n4"], ["n5", "n6", "n7", "n8"], ["n9"]]
        assert len(items(stockd, "/api/inventory/summary?status=out_of_stock")) == 0
        assert [i["category"] for i in items(stockd, "/api/inventory/by-shop?by=category")] in (["c", None], [None, "c"])
        for path, status, words in (
            ("summary?nope=1", 400, "This page takes: category, vendor, status"),
            ("summary?status=x", 400, "status is in_stock"),
            ("summary?sort=x", 400, "cannot be sorted"),
            ("summary?limit=0", 400, "limit is a number"),
            ("summary?limit=99999999999999", 400, "limit is a number"),
            ("summary?cursor=zz", 400, "cursor"),
            ("summary?cursor=7b7d", 400, "cursor"),
            ("summary?category=none", 404, 'no category "none"'),
            ("low-stock?store=none", 404, 'no store "none"'),
            ("by-shop?category=", 400, "no value"),
            ("search", 400, "q is missing"),
            ("search?q=" + "x" * 300, 400, "1 to 200"),
        ):
            code, _, body = page(stockd, "/api/inventory/" + path)
            assert code == status, (path, body)
            assert words in json.dumps(body).replace('\\"', '"'), (path, body)
        assert stockd.stop() == 0


def test_many_who_ask_for_a_rebuild_get_few(tmp_path, sql, daemon_url):
    """Those who ask while one runs, or soon after, share the next one."""
    with Stockd(tmp_path, STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: sql("select rebuilt_at is not null from inventory.fold_state"), "the first fold")
        before = metric(stockd, "stockd_view_rebuilds_total")
        for number in range(50):
            sql(f"notify refresh_inventory_views, '{number}'")
        asked = sql("select now()")
        wait_for(lambda: sql("select rebuilt_at - rebuild_duration > %s from inventory.fold_state", asked), "a rebuild that began after the last had asked")
        assert 1 <= metric(stockd, "stockd_view_rebuilds_total") - before <= 25
        assert stockd.stop() == 0


def test_a_rebuild_that_was_asked_for_while_nobody_listened_is_done_by_the_next_relay(tmp_path, sql, daemon_url):
    with Stockd(tmp_path, "--fold-interval", "0s", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        assert sql("select rebuilt_at is null from inventory.fold_state"), "nobody has asked"
        stockd.stop()
    sql("select inventory._ask_for_rebuild()")
    with Stockd(tmp_path, "--fold-interval", "0s", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: sql("select rebuilt_at is not null from inventory.fold_state"), "the rebuild")
        assert not sql("select inventory._is_rebuild_asked_for()"), "it is done"
        assert stockd.stop() == 0


def test_a_stockd_that_does_not_fold_rebuilds_when_asked_and_says_how_old_the_views_are(tmp_path, sql, daemon_url):
    with Stockd(tmp_path, "--fold-interval", "0s", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        change(sql, 7)
        _, admin = stockd.addresses()
        with urllib.request.urlopen(urllib.request.Request(f"http://{admin}/api/inventory/views/refresh", method="POST"), timeout=40) as answer:
            assert answer.status == 202
        wait_for(lambda: [i["onHand"] for i in items(stockd, "/api/inventory/summary")] == [7], "the rebuild")
        wait_for(lambda: any(i["onHand"] == 7 for i in items(stockd, "/api/inventory/analytics?scope=overall")), "the analytics with it")
        _, headers, _ = page(stockd, "/api/inventory/analytics")
        assert (headers["Stockd-Position"], headers["Stockd-Stale"]) == ("none", "false") and int(headers["Stockd-Age-Ms"]) >= 0
        worked_out = sql("select as_of from inventory.folded_analytics where scope = 'overall'")
        change(sql, 6)
        wait_for(lambda: (metric(stockd, 'stockd_view_rows_waiting{relation="inventory_summary_mv"}') or 0) > 0, "what waits to be told")
        assert metric(stockd, "stockd_folded_rows_total") >= 1
        sql("notify refresh_inventory_views")
        wait_for(lambda: sql("select as_of > %s from inventory.folded_analytics where scope = 'overall'", worked_out), "the analytics once more")
        assert stockd.stop() == 0


def test_a_follower_takes_over_where_the_relay_stopped(tmp_path, sql, daemon_url):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with Stockd(tmp_path / "one", STOCKD_DATABASE_URL=daemon_url) as one:
        one.wait_until_ready()
        wait_for(lambda: metric(one, "stockd_relay") == 1, "the first to relay")
        with Stockd(tmp_path / "two", STOCKD_DATABASE_URL=daemon_url) as two:
            two.wait_until_ready()
            change(sql, 3)
            wait_for(lambda: sql("select max(on_hand) from inventory.inventory_summary_mv") == 3, "the relay's fold")
            one.tell(signal.SIGKILL)
            change(sql, 4)
            wait_for(lambda: sql("select max(on_hand) from inventory.inventory_summary_mv") == 4, "the fold of who took over")
            rebuilds = sql("select rebuild_reason from inventory.fold_state")
            assert rebuilds == "nothing was folded yet", "it went on, and did not begin anew"
            assert two.stop() == 0


def test_without_the_database_a_page_says_so(tmp_path, daemon_url):
    with Stockd(tmp_path, STOCKD_DATABASE_URL="host=127.0.0.1 port=1 dbname=x") as stockd:
        code, _, body = page(stockd, "/api/inventory/summary")
        assert code == 503 and body["code"] == "unavailable"
        assert stockd.stop() == 0


def test_what_an_audit_reads_is_folded_too(tmp_path, sql, daemon_url, migrated):
    """The feed is read by drains, audits and loads alike; whoever comes first is the only one."""
    sql("insert into inventory.products (sku, name) select 'a' || n, 'A' from generate_series(1, 20000) as n")
    # Slices of a thousand rows, a second apart.
    with Stockd(tmp_path, "--audit-pace", "1000", "--backstop", "1h", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: sql("select max(on_hand) from inventory.inventory_summary_mv where sku = 'P'") == 10, "the first fold")
        writer = psycopg2.connect(dbname=migrated)
        with writer.cursor() as cursor:
            cursor.execute("lock table inventory.inventory_stock in access exclusive mode")
            waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like 'lock table%' and datname = current_database()"
            wait_for(lambda: sql(waiting) == 1, "the audit to wait for the table")
            cursor.execute("update inventory.inventory_stock set on_hand = 7")
        writer.commit()
        # Without news it would be folded a minute later.
        wait_for(lambda: sql("select max(on_hand) from inventory.inventory_summary_mv where sku = 'P'") == 7, "the change in the summary", deadline_s=20)
        writer.close()
        assert stockd.stop() == 0


HERE = pathlib.Path(__file__).resolve().parent
TIMES = re.compile(r'"\d{4}-\d\d-\d\dT[0-9:.+]+"')


def golden_shop(sql):
    sql("insert into inventory.vendors (code, name) values ('acme', 'Acme')")
    sql("insert into inventory.categories (code, name) values ('drinks', 'Drinks')")
    sql(
        "insert into inventory.products (sku, name, description, vendor_id, category_id, base_price, pieces_per_pack, packs_per_box)"
        " select 'TEA-1', 'Green tea', 'Leaves', vendor_id, category_id, 2.5, 6, 4 from inventory.vendors, inventory.categories"
    )
    sql("select inventory.must(inventory.receive_purchase('S', '[{\"sku\": \"TEA-1\", \"quantity\": 34, \"unit_cost\": 1.25}]'))")
    sql("select inventory.must(inventory.record_sale('S', '[{\"sku\": \"TEA-1\", \"quantity\": 30}]', occurred_at => now() - interval '3 days'))")
    sql("update inventory.inventory_stock set low_stock_threshold = 5")


def test_the_pages_look_as_they_are_described(tmp_path, sql, daemon_url):
    golden_shop(sql)
    with Stockd(tmp_path, "--analytics-interval", "100ms", STOCKD_DATABASE_URL=daemon_url) as stockd:
        stockd.wait_until_ready()
        wait_for(lambda: len(items(stockd, "/api/inventory/low-stock")) == 1, "the low stock")
        wait_for(lambda: any(i["lowStock"] == 1 for i in items(stockd, "/api/inventory/analytics?scope=overall")), "the analytics")
        reference = (HERE / "../../../docs/reference/http.md").read_text()
        seen = []
        for path in ("summary?sort=-available&limit=1", "by-shop", "by-shop?by=category", "low-stock", "analytics?scope=store", "search?q=tea"):
            http, _ = stockd.addresses()
            with urllib.request.urlopen(f"http://{http}/api/inventory/{path}", timeout=40) as answer:
                assert answer.headers["Content-Type"] == "application/json", path
                text = answer.read().decode()
            for key in json.loads(text)["items"][0]:
                assert f"`{key}`" in reference, f"{path}: docs/reference/http.md does not name {key}"
            seen.append(path + "\n" + TIMES.sub('"TIME"', text))
        assert "\n".join(seen) + "\n" == (HERE / "views_golden.txt").read_text()
        assert stockd.stop() == 0
