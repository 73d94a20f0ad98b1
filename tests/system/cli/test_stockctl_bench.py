"""stockctl bench: a load that leaves real stock alone and cleans up."""

import signal

from conftest import DEADLINE_S, wait_for

LEFT = "select (select count(*) from inventory.products where sku like 'stockctl%') + (select count(*) from inventory.stores where code like 'stockctl%')"


def test_it_reports_rates_and_times_and_removes_what_it_made(followed):
    before = followed.execute("select * from inventory.inventory_stock order by 1, 2")
    shown = followed.stockctl.json("bench", "--updates", "500", "--connections", "4", "--rows", "10")
    assert shown["updates"] == 500
    assert shown["updatesPerSecond"] > 0
    assert 0 < shown["commit"]["p50Us"] <= shown["commit"]["p99Us"] <= shown["commit"]["maxUs"]
    assert shown["notifiedIdle"]["count"] == 100
    assert shown["notifiedUnderLoad"]["count"] >= 1
    assert shown["missed"] == 0
    assert followed.execute("select * from inventory.inventory_stock order by 1, 2") == before
    assert followed.value(LEFT) == 0
    assert followed.stockctl("verify").returncode == 0


def test_without_a_relay_only_the_writes_are_measured(shop):
    done = shop.stockctl("bench", "--updates", "50", "--rows", "3")
    assert done.returncode == 0
    assert "updates            50 of 3 rows by 8 connections" in done.stdout
    assert "not measured: no stockd relays" in done.stdout
    assert shop.value(LEFT) == 0


def test_interrupted_it_removes_what_it_made_with_130(shop):
    process = shop.stockctl.start("bench", "--updates", "100000000")
    wait_for(lambda: shop.value("select count(*) from inventory.stock_ledger") > 100, "the load runs")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert shop.value(LEFT) == 0


def test_two_at_once_are_refused(shop):
    first = shop.stockctl.start("bench", "--updates", "100000000")
    wait_for(lambda: shop.value(LEFT) > 0, "the first runs")
    second = shop.stockctl("bench")
    assert second.returncode == 1
    assert "another stockctl bench is running" in second.stderr
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=DEADLINE_S)
    assert first.returncode == 130
