"""stockctl receive, sell, return, adjust, set, reserve, unreserve, deduct, compensate; history and export: the engine from the shell."""

import csv
import io
import json

import pytest
from conftest import connect, wait_for


def on_hand(shop, sku="A1", store="LON"):
    return shop.value(
        "select i.on_hand from inventory.inventory_stock as i join inventory.stores as s using (store_id)"
        " join inventory.products as p using (product_id) where s.code = %s and p.sku = %s",
        (store, sku),
    )


def test_goods_come_and_go(shop):
    done = shop.stockctl("receive", "LON", "A1=1:box@9.50", "B/2=7", "--reference", "PO 7", "--party", "Potters")
    assert done.returncode == 0, done.stderr
    assert "purchase PO 7" in done.stdout
    assert on_hand(shop) == 74
    assert shop.value("select l.unit_cost from inventory.stock_document_lines as l order by l.line limit 1") == pytest.approx(9.5)
    sold = shop.stockctl.json("sell", "LON", "A1=3@2", "--reference", "R 1", "--actor", "Ann")
    assert [m["on_hand"] for m in sold["movements"]] == [71]
    assert shop.stockctl("return", "LON", "A1=1", "--sale", "R 1").returncode == 0
    assert shop.stockctl("adjust", "LON", "A1=+1", "--reason", "found").returncode == 0
    assert shop.stockctl("adjust", "LON", "A1=-3", "--reason", "broken").returncode == 0
    assert on_hand(shop) == 70
    version = shop.value("select max(version) from inventory.stock_ledger where product_id = (select product_id from inventory.products where sku = 'A1') and store_id = 1")
    refused = shop.stockctl("set", "LON", f"A1=40#{version - 1}")
    assert refused.returncode == 1
    assert "Version conflict on inventory_stock_id: LON/A1" in refused.stderr
    assert shop.stockctl("set", "LON", f"A1=40#{version}").returncode == 0
    assert on_hand(shop) == 40
    history = shop.stockctl("history", "A1", "LON").stdout.splitlines()
    assert [line.split()[3] for line in history[1:]] == ["direct", "purchase", "sale", "return", "adjustment", "adjustment", "count"]
    assert "broken" in history[6]
    assert [m["on_hand"] for m in shop.stockctl.json("history", "A1", "LON", "--limit", "2")] == [70, 40]


def test_orders_hold_and_let_go(shop):
    assert shop.stockctl.json("reserve", "4711", "LON", "A1=5", "--for", "1 hour")["movements"][0]["available"] == 45
    assert shop.stockctl("unreserve", "4711", "LON", "A1=2").returncode == 0
    assert shop.value("select sum(reserved) from inventory.inventory_stock") == 3
    assert shop.stockctl("unreserve", "4711", "LON").returncode == 0
    again = shop.stockctl("unreserve", "4711", "LON")
    assert again.returncode == 1
    assert "Order 4711 has nothing reserved in LON" in again.stderr


def test_recipes_are_taken_and_given_back(shop):
    shop.execute("select inventory.set_recipe('cache', '[{\"name\": \"Apple\", \"quantity\": 2, \"unit\": \"piece\"}]')")
    shop.execute("select inventory.set_conversion_mapping('LON', 'Apple', 'piece', 'A1', 1)")
    assert shop.stockctl("deduct", "LON", "cache=4", "--transaction", "t1").returncode == 0
    assert on_hand(shop) == 42
    assert shop.stockctl.json("compensate", "t1", "1=1")["itemsRestored"] == 1
    assert on_hand(shop) == 44
    assert shop.stockctl("compensate", "t1").returncode == 0
    assert on_hand(shop) == 50


def test_a_refusal_says_everything_and_changes_nothing(shop):
    refused = shop.stockctl("sell", "LON", "A1=60", "B/2=1")
    assert refused.returncode == 1
    assert "Insufficient stock of A1 in LON: Need 60, Have 50 (Short: 10)" in refused.stderr
    assert "Insufficient stock of B/2 in LON" in refused.stderr
    assert refused.stderr.endswith("Nothing was changed.\n")
    assert on_hand(shop) == 50
    assert shop.stockctl.json("sell", "LON", "A1=60", code=1)["errors"][0]["short"] == 10


def test_a_dry_run_shows_and_changes_nothing(shop):
    for command, *more in (
        ["sell", "LON", "A1=5"], ["receive", "LON", "A1=5"], ["set", "LON", "A1=5"], ["adjust", "LON", "A1=5", "--reason", "x"],
        ["reserve", "1", "LON", "A1=5"],
    ):  # fmt: skip
        done = shop.stockctl(command, *more, "--dry-run")
        assert done.returncode == 0, done.stderr
        assert "A1" in done.stdout
        assert "Dry run: nothing was changed." in done.stderr
    assert on_hand(shop) == 50
    assert shop.value("select count(*) from inventory.stock_ledger") == 2  # as it began
    assert shop.value("select count(*) from inventory.stock_documents") == 0


def test_the_answer_of_a_dry_run_says_that_it_is_one(shop):
    shop.execute("select inventory.set_recipe('cache', '[{\"name\": \"Apple\", \"quantity\": 2, \"unit\": \"piece\"}]')")
    shop.execute("select inventory.set_conversion_mapping('LON', 'Apple', 'piece', 'A1', 1)")
    assert "dry_run" not in shop.stockctl.json("deduct", "LON", "cache=1", "--transaction", "t1")
    assert "dry_run" not in shop.stockctl.json("reserve", "1", "LON", "A1=1")
    assert "dry_run" not in shop.stockctl.json("sell", "LON", "A1=1", "--reference", "R 1")
    for transaction in ("q1", "q2"):
        queue(shop, transaction, 1)
    for code, *words in (
        [0, "receive", "LON", "A1=2"], [0, "sell", "LON", "A1=2"], [0, "return", "LON", "A1=1", "--sale", "R 1"], [0, "set", "LON", "A1=2"],
        [0, "adjust", "LON", "A1=2", "--reason", "x"], [0, "reserve", "2", "LON", "A1=2"], [0, "unreserve", "1", "LON"],
        [0, "deduct", "LON", "cache=1", "--transaction", "t2"], [0, "compensate", "t1"], [0, "queue", "sync", "LON"],
        [0, "queue", "approve", "q1", "LON"], [0, "queue", "reject", "q2", "LON"], [1, "sell", "LON", "A1=999"],
    ):  # fmt: skip
        answer = shop.stockctl.json(*words, "--dry-run", "--quiet", code=code)
        assert answer["dry_run"] is True, words
        assert answer["success"] is (code == 0), words


def test_the_same_key_is_done_once(shop):
    for _ in range(2):
        done = shop.stockctl("sell", "LON", "A1=5", "--key", "k1")
        assert done.returncode == 0, done.stderr
    assert "Request already processed (idempotency)" in done.stdout
    assert on_hand(shop) == 45
    # Without one each call is a new request.
    for _ in range(2):
        assert shop.stockctl("sell", "LON", "A1=5").returncode == 0
    assert on_hand(shop) == 35


def test_a_lost_connection_says_how_to_ask_again(shop):
    holder = connect(shop.database)
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("select 1 from inventory.inventory_stock for update")
    selling = shop.stockctl.start("sell", "LON", "A1=5")
    waiting = wait_for(
        lambda: shop.execute(
            "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%%record_sale%%'"
        ),
        "the sale to wait",
    )
    shop.execute("select pg_terminate_backend(%s)", (waiting[0][0],))
    _, said = selling.communicate(timeout=30)
    holder.rollback()
    holder.close()
    assert selling.returncode == 11, said
    assert "It is not known whether it was done" in said
    key = said.partition("--key ")[2].split(":")[0]
    assert shop.stockctl("sell", "LON", "A1=5", "--key", key).returncode == 0
    assert on_hand(shop) == 45


def test_lines_come_from_a_file_too(shop, tmp_path):
    file = tmp_path / "delivery.json"
    file.write_text(json.dumps([{"sku": "A1", "quantity": 2, "lot": "L1"}]))
    assert shop.stockctl("receive", "LON", "--lines", str(file)).returncode == 0
    assert on_hand(shop) == 52
    for bad in ("", "{", "[{]"):
        file.write_text(bad)
        done = shop.stockctl("receive", "LON", "--lines", str(file))
        assert done.returncode in (1, 2)
        assert done.stderr.startswith("stockctl: ")
    assert shop.stockctl("receive", "LON", "--lines", str(tmp_path)).returncode == 2
    assert shop.stockctl("receive", "LON", "--lines", str(tmp_path / "none")).returncode == 2
    assert shop.stockctl("receive", "LON").returncode == 2


@pytest.mark.parametrize(
    "words",
    [["sell", "LON", "A1"], ["sell", "LON", "A1=two"], ["sell", "LON", "A1=1e99"], ["sell", "nowhere", "A1=1"], ["sell", "LON", "nothing=1"],
     ["sell", "LON", "A1=1:crate"], ["sell", "LON", "A1=0"], ["adjust", "LON", "A1=1"], ["deduct", "LON", "A1=1"],
     ["sell", "LON", "A1=1", "--at", "yesterday noon-ish"], ["reserve", "1", "LON", "A1=1", "--for", "soon"],
     ["compensate", "never"], ["history", "nothing", "LON"], ["export", "stock", "--store", "nowhere"], ["export", "stock", "--at", "never"],
     ["export", "everything"]],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_changed(shop, words):
    done = shop.stockctl(*words)
    assert done.returncode in (1, 2), done.stdout
    assert done.stderr
    assert done.stdout == ""
    assert shop.value("select count(*) from inventory.stock_ledger") == 2


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_stock_and_ledger_are_exported(shop, tmp_path):
    before = shop.value("select clock_timestamp()")
    shop.stockctl("sell", "LON", "A1=8", "--reason", 'a "quoted", reason')
    stock = rows_of(shop.stockctl("export", "stock", "--store", "LON").stdout)
    assert [(row["store"], row["sku"], row["on_hand"], row["version"]) for row in stock] == [("LON", "A1", "42", "2")]
    file = tmp_path / "stock.csv"
    done = shop.stockctl("export", "stock", "--at", str(before), "-o", str(file))
    assert done.stderr == f"2 lines written to {file}\n"
    assert [(row["store"], row["on_hand"]) for row in rows_of(file.read_text())] == [("LON", "50"), ("PAR", "50")]
    ledger = rows_of(shop.stockctl("export", "ledger").stdout)
    assert [row["kind"] for row in ledger] == ["direct", "direct", "sale"]
    assert ledger[2]["reason"] == 'a "quoted", reason'
    assert len(rows_of(shop.stockctl("export", "ledger", "--at", str(before)).stdout)) == 2


def test_what_stock_is_worth_is_exported(shop, tmp_path):
    shop.execute("select inventory.set_lot_policy('A1', 'fifo', 2)")
    shop.stockctl("receive", "LON", "A1=5@3.5", "B/2=2@0.333333")
    before = shop.value("select clock_timestamp()")
    shop.stockctl("sell", "LON", "A1=52")
    heading = "store,sku,lot,received,expires_on,quantity,unit_cost,value,currency"
    done = shop.stockctl("export", "valuation", "--store", "LON")
    assert done.stdout.splitlines()[0] == heading
    columns = ("store", "sku", "quantity", "unit_cost", "value", "currency")
    assert [tuple(row[name] for name in columns) for row in rows_of(done.stdout)] == [
        ("LON", "A1", "3", "3.5", "10.5", "EUR"), ("LON", "B/2", "2", "0.333333", "0.666666", "EUR"),
    ]  # fmt: skip
    file = tmp_path / "worth.csv"
    assert shop.stockctl("export", "valuation", "--at", str(before), "-o", str(file)).stderr == f"4 lines written to {file}\n"
    assert [(row["store"], row["sku"], row["quantity"], row["value"]) for row in rows_of(file.read_text())] == [
        ("LON", "A1", "50", "100"), ("LON", "A1", "5", "17.5"), ("LON", "B/2", "2", "0.666666"), ("PAR", "A1", "50", "100"),
    ]  # fmt: skip
    # To the unit, what the export of the stock says.
    stock = {}
    for row in rows_of(file.read_text()):
        stock[row["store"], row["sku"]] = stock.get((row["store"], row["sku"]), 0) + int(row["quantity"])
    said = rows_of(shop.stockctl("export", "stock", "--at", str(before)).stdout)
    assert {(row["store"], row["sku"]): int(row["on_hand"]) for row in said} == stock
    assert shop.stockctl("export", "valuation", "--store", "nowhere").returncode == 1
    assert rows_of(shop.stockctl("export", "valuation", "--at", "2000-01-01").stdout) == []


def test_exports_are_json_lines_when_json_is_asked(shop, tmp_path):
    reason = 'a "quoted", \\reason\\\nof\ttwo \\. lines é'
    shop.stockctl("sell", "LON", "A1=8", "--reason", reason)
    # Beyond what a double holds.
    shop.execute("select inventory.set_lot_policy('A1', 'fifo', 2)")
    shop.stockctl("receive", "LON", "A1=1000000000@123456789.123456")
    shop.execute("insert into inventory.inventory_stock (store_id, product_id, on_hand) select 1, p.product_id, 9007199254740993 from inventory.products as p where p.sku = 'B/2'")
    before = str(shop.value("select clock_timestamp()"))
    numbers = {"on_hand", "reserved", "available", "low_stock_threshold", "version", "movement_id", "on_hand_delta", "reserved_delta", "on_hand_after",
               "reserved_after", "document_id", "quantity", "unit_cost", "value"}  # fmt: skip
    for arguments in (("stock",), ("stock", "--at", before), ("ledger",), ("ledger", "--store", "PAR"), ("valuation",)):
        table = list(csv.reader(io.StringIO(shop.stockctl("export", *arguments).stdout)))
        file = tmp_path / "out.jsonl"
        done = shop.stockctl("export", *arguments, "--json", "-o", str(file))
        assert done.stderr == f"{len(table) - 1} lines written to {file}\n"
        text = shop.stockctl("export", *arguments, "--json").stdout
        assert text == file.read_text(encoding="utf-8")
        # Numbers as they are written.
        lines = [json.loads(line, parse_int=str, parse_float=str) for line in text.splitlines()]
        assert len(lines) == len(table) - 1 > 0
        for line, row in zip(lines, table[1:], strict=True):
            assert list(line) == table[0]
            for name, cell in zip(table[0], row, strict=True):
                if line[name] is None:
                    assert cell == ""
                elif name not in ("updated_at", "last_updated", "recorded_at", "occurred_at", "received"):
                    assert line[name] == cell
                assert line[name] is None or (f'"{name}":{cell},' in text or f'"{name}":{cell}}}' in text) == (name in numbers), name
    sales = [json.loads(line) for line in shop.stockctl("export", "ledger", "--json").stdout.splitlines()]
    assert [sale["reason"] for sale in sales if sale["kind"] == "sale"] == [reason]
    worth = shop.stockctl("export", "valuation", "--json").stdout
    assert '"unit_cost":123456789.123456,"value":123456789123456000' in worth
    assert '"on_hand":9007199254740993,' in shop.stockctl("export", "stock", "--json").stdout
    assert shop.stockctl("export", "ledger", "--at", "2000-01-01", "--json").stdout == ""


def test_an_export_that_fails_leaves_no_file(shop, tmp_path):
    file = tmp_path / "stock.csv"
    file.write_text("what was there")
    assert shop.stockctl("export", "stock", "--at", "never", "-o", str(file)).returncode != 0
    assert file.read_text() == "what was there"
    assert [one.name for one in tmp_path.iterdir()] == ["stock.csv"]
    assert shop.stockctl("export", "ledger", "-o", str(tmp_path / "no" / "file")).returncode == 1


def queue(shop, transaction, quantity, sku="A1"):
    shop.execute(
        "select inventory.queue_transaction('LON', jsonb_build_array(jsonb_build_object('sku', %s::text, 'quantity', %s)), %s, 'till3')",
        (sku, quantity, transaction),
    )


def test_what_tills_queued_is_listed_and_decided(shop):
    for transaction, quantity in (("t1", 5), ("t2", 60), ("t3", 70)):
        queue(shop, transaction, quantity)
    assert [one["status"] for one in shop.stockctl.json("queue", "list")] == ["pending"] * 3
    dry = shop.stockctl.json("queue", "sync", "LON", "--dry-run")
    assert (dry["synced"], dry["needsApproval"]) == (1, 2)
    assert on_hand(shop) == 50
    done = shop.stockctl("queue", "sync", "LON", "--actor", "Ann")
    assert done.returncode == 0, done.stderr
    assert "synced: 1\nneedsApproval: 2\n" in done.stdout
    assert on_hand(shop) == 45
    listed = shop.stockctl("queue", "list", "--store", "LON").stdout.splitlines()
    assert [line.split()[3:5] for line in listed[1:]] == [["t2", "insufficient_stock"], ["t3", "insufficient_stock"]]
    assert "Need 60, Have 45" in listed[1]
    assert shop.stockctl("queue", "list", "LON").stdout.splitlines() == listed
    assert shop.stockctl.json("queue", "list", "PAR") == []
    assert shop.stockctl("queue", "approve", "t2", "LON").returncode == 1
    assert shop.stockctl("queue", "approve", "t2", "LON", "A1=2", "--reason", "counted").returncode == 0
    assert shop.stockctl("queue", "reject", "t3", "LON", "--reason", "rung up twice").returncode == 0
    assert shop.stockctl.json("queue", "list") == []
    assert [one["transaction_id"] for one in shop.stockctl.json("queue", "list", "--status", "rejected")] == ["t3"]
    assert on_hand(shop) == 43
    late = shop.stockctl("queue", "reject", "t2", "LON")
    assert late.returncode == 1
    assert "Transaction t2 of LON was approved before" in late.stderr


def test_health_and_metrics_are_shown(shop):
    shop.stockctl("sell", "LON", "A1=1")
    shop.stockctl("sell", "LON", "A1=1000")
    figures = dict(line.split()[:2] for line in shop.stockctl("metrics", "LON").stdout.splitlines())
    assert figures["deductions.last_24h.failed"] == "1"
    assert figures["queue.pending"] == "0"
    assert shop.stockctl.json("metrics", "LON")["deductions"]["last_24h"]["failure_rate"] == 50
    done = shop.stockctl("health")
    assert done.returncode == 0, done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()[1:]} == {"LON", "PAR"}
    # Of a healthy check, too: how far it is from being none.
    columns = done.stdout.splitlines()[0]
    assert all(line[columns.index("THRESHOLD") :].strip() for line in done.stdout.splitlines()[1:])
    assert [one["store"] for one in shop.stockctl.json("health", "PAR")] == ["PAR"]
    # A trigger that is off is critical, and the exit code says so.
    shop.execute("alter table inventory.inventory_stock disable trigger all")
    done = shop.stockctl("health", "LON")
    assert done.returncode == 1
    assert any(line.split()[:2] == ["LON", "critical"] for line in done.stdout.splitlines())
    assert shop.stockctl.json("health", "LON", code=1)[0]["status"] == "critical"
    assert shop.stockctl("health", "nowhere").returncode == 1
    assert shop.stockctl("metrics", "nowhere").returncode == 1
