"""stockctl verify: ledger = stock rows = stockd's copy, and every way in which they can differ."""

import threading

import pytest
from conftest import Stockctl, connect

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
    done = shop.stockctl("verify")
    assert done.returncode == 10
    assert "2 movements and 2 stock rows compared; stockd's copy was not: all equal." in done.stderr
    shown = shop.stockctl.json("verify", code=10)
    assert shown["ok"] is False and shown["movements"] == 2 and shown["cachedRows"] is None
    assert shop.stockctl("verify", "--no-cache").returncode == 0


def test_a_stockd_of_another_database_is_13_and_not_a_list_of_differences(followed, empty_database):
    other = Stockctl(empty_database, followed.stockd.server, followed.stockd.admin)
    assert other("migrate", "-q").returncode == 0
    for command in ["verify", "status"]:
        done = other(command)
        assert done.returncode == 13, done.stderr
        assert "follows another database than the one that was asked" in done.stderr
        assert "CHECK" not in done.stdout
        assert followed.stockctl(command).returncode == 0
    assert other("verify", "--no-cache").returncode == 0


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


def harm(shop, sql):
    """Changes what is recorded, as nobody can."""
    tables = shop.execute("select relid::regclass::text from pg_partition_tree('inventory.stock_ledger')")
    shop.execute(f"begin; {'; '.join(f'alter table {table} disable trigger all' for (table,) in tables)}; {sql}; commit")


def repair(shop):
    """Lets verify() find what is wrong and repair() settle it; how many findings that were."""
    shop.execute("select inventory.verify('LON', whole => true)")
    answers = shop.execute("select inventory.repair(finding_id, 'test') from inventory.stock_findings where repaired_at is null and gone_at is null order by 1")
    assert all(answer["success"] for (answer,) in answers), answers
    assert shop.value("select inventory.verify('LON', whole => true)")["findings"] == []
    return len(answers)


@pytest.mark.parametrize(
    "damage, findings",
    [
        ("update inventory.stock_ledger set on_hand_after = on_hand_after + 1 where store_id = 1 and version = 2", 2),
        ("update inventory.stock_ledger set on_hand_delta = -9 where store_id = 1 and version = 3", 1),
        ("update inventory.stock_ledger set reserved_delta = 2 where store_id = 1 and version = 2", 1),
        (
            "insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_delta, on_hand_after, version)"
            " select 1, product_id, 'sale', -4, 43, 3 from inventory.products, generate_series(1, 2) where sku = 'A1'",
            1,
        ),
        ("delete from inventory.stock_ledger where store_id = 1 and version = 2", 1),
    ],
)
def test_what_repair_settled_is_no_difference_any_more(shop, damage, findings):
    shop.sell(3)
    shop.sell(4)
    harm(shop, damage)
    assert shop.stockctl("verify", "--no-cache").returncode == 1
    assert repair(shop) == findings
    done = shop.stockctl("verify", "--no-cache")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    # Only that: what comes after it is a difference again, and so is what was settled and is changed once more.
    shop.sell(1)
    harm(shop, "update inventory.stock_ledger set on_hand_delta = on_hand_delta - 1 where store_id = 1 and version = (select max(version) from inventory.stock_ledger)")
    assert len(shop.stockctl.json("verify", "--no-cache", code=1)["differences"]) == 1
    assert repair(shop) == 1
    assert shop.stockctl("verify", "--no-cache").returncode == 0


def test_a_settled_movement_that_is_changed_again_is_a_difference(shop):
    shop.sell(3)
    harm(shop, "update inventory.stock_ledger set on_hand_delta = -4 where store_id = 1 and version = 2")
    assert repair(shop) == 1
    harm(shop, "update inventory.stock_ledger set on_hand_delta = -5 where store_id = 1 and version = 2")
    shown = shop.stockctl.json("verify", "--no-cache", code=1)["differences"]
    assert len(shown) == 2, "the movement, and what had made up for it"
    # Put right by hand, it leaves the booking that made up for it.
    harm(shop, "update inventory.stock_ledger set on_hand_delta = -3 where store_id = 1 and version = 2")
    shown = shop.stockctl.json("verify", "--no-cache", code=1)["differences"]
    assert [one["check"] for one in shown] == ["balance"]
    assert "after version 3" in shown[0]["expected"]


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
