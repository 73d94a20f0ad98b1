"""stockctl verify: ledger = stock rows = stockd's copy, and every way in which they can differ."""

import threading

import pytest
from conftest import connect

BEHIND_THE_TRIGGERS = """
alter table inventory.inventory_stock disable trigger user;
{}
alter table inventory.inventory_stock enable always trigger user;
"""


def test_all_equal_is_0(followed):
    followed.sell(3)
    done = followed.stockctl("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.endswith("cached rows: all equal.\n")
    shown = followed.stockctl.json("verify")
    assert shown["ok"] is True
    assert shown["movements"] == 3
    assert shown["stockRows"] == 2
    assert shown["cachedRows"] == 5  # three products, two stock rows


def test_without_stockd_it_is_10_unless_left_out(shop):
    assert shop.stockctl("verify").returncode == 10
    assert shop.stockctl("verify", "--no-cache").returncode == 0


@pytest.mark.parametrize(
    "damage, check, expected, found",
    [
        ("update inventory.inventory_stock set on_hand = 7 where store_id = 1", "stock", "on hand 47", "on hand 7"),
        ("delete from inventory.inventory_stock where store_id = 1", "stock", "on hand 47", "no stock row"),
        ("update inventory.inventory_stock set version = 9 where store_id = 1", "stock", "version 2", "version 9"),
    ],
)
def test_a_stock_row_that_its_ledger_does_not_explain_is_listed(shop, damage, check, expected, found):
    shop.sell(3)
    shop.execute("begin; set local session_replication_role = replica; alter table inventory.inventory_stock disable trigger all; " + damage + "; commit")
    shown = shop.stockctl.json("verify", "--no-cache", code=1)
    assert [(d["check"], d["storeId"], d["productId"]) for d in shown["differences"]] == [(check, "LON", "A1")]
    assert expected in shown["differences"][0]["expected"]
    assert found in shown["differences"][0]["found"]


@pytest.mark.parametrize(
    "damage, checks",
    [
        ("delete from inventory.stock_ledger where store_id = 1 and version = 2", {"version", "balance"}),
        ("update inventory.stock_ledger set on_hand_delta = 9 where store_id = 1 and version = 2", {"balance"}),
        ("update inventory.stock_ledger set version = 3 where store_id = 1 and version = 2", {"version"}),
    ],
)
def test_a_ledger_that_is_not_whole_is_listed(shop, damage, checks):
    shop.sell(3)
    shop.sell(4)
    tables = shop.execute("select relid::regclass::text from pg_partition_tree('inventory.stock_ledger')")
    disable = "; ".join(f"alter table {table} disable trigger all" for (table,) in tables)
    shop.execute(f"begin; {disable}; {damage}; commit")
    shown = shop.stockctl.json("verify", "--no-cache", code=1)
    assert {d["check"] for d in shown["differences"]} == checks
    assert {(d["storeId"], d["productId"]) for d in shown["differences"]} == {("LON", "A1")}


def test_a_copy_that_shows_something_else_is_listed(followed):
    followed.execute(
        "begin; set local session_replication_role = replica; alter table inventory.inventory_stock disable trigger all;"
        " update inventory.inventory_stock set on_hand = 7 where store_id = 1; commit"
    )
    shown = followed.stockctl.json("verify", code=1)
    assert [d["check"] for d in shown["differences"]] == ["stock", "cache"]
    assert shown["differences"][1]["expected"].startswith("on hand 7,")
    assert shown["differences"][1]["found"].startswith("on hand 50,")
    text = followed.stockctl("verify", "--limit", "1")
    assert text.returncode == 1
    assert len(text.stdout.splitlines()) == 2
    assert "2 differences (1 not listed; see --limit)" in text.stderr


def test_it_may_run_while_stock_is_changing(followed):
    stop = threading.Event()

    def write():
        connection = connect(followed.database)
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("update inventory.inventory_stock set on_hand = on_hand + 1")
                cursor.execute("update inventory.inventory_stock set on_hand = on_hand - 1, low_stock_threshold = 1 - least(low_stock_threshold, 1)")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            done = followed.stockctl("verify")
            assert done.returncode == 0, done.stdout + done.stderr
    finally:
        stop.set()
        writer.join()
