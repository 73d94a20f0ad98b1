"""Whole shops' histories, imported while a stockd follows: ledger, stock rows, cache and an independent sum over the CSV files
(sqlite3) must agree for every product and store.

STOCKD_TEST_DATA names the folder of the large data sets; nothing of them is kept. ACCEPTANCE=whole takes all lines (make
acceptance), otherwise a part is taken.
"""

import csv
import gzip
import io
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request

from acceptance_support import BIN, CLASSES, DATA, WHOLE, stockctl


class Daemon:
    """A stockd that follows the database. Use as a context."""

    def __init__(self, database):
        self.database = database
        self.log = tempfile.TemporaryFile()

    def said(self):
        self.log.seek(0)
        return "stockd is not ready. It said: " + self.log.read().decode()

    def __enter__(self):
        ports = []
        for _ in range(2):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                ports.append(probe.getsockname()[1])
        self.base = f"http://127.0.0.1:{ports[0]}"
        self.admin = f"http://127.0.0.1:{ports[1]}"
        self.process = subprocess.Popen(
            [os.path.join(BIN, "stockd"), "--database-url", f"dbname={self.database.name}",
             "--listen", f"127.0.0.1:{ports[0]}", "--admin-listen", f"127.0.0.1:{ports[1]}"],
            stdout=self.log, stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 60
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            try:
                with urllib.request.urlopen(self.admin + "/ready", timeout=5):
                    return self
            except OSError:
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def get(self, path):
        with urllib.request.urlopen(self.base + path, timeout=60) as answer:
            return json.load(answer)

    def everything(self, ticket, some_sku):
        """{(store, sku): on_hand} of the whole cache, once it covers the ticket."""
        self.get(f"/api/inventory/{some_sku}?ticket={ticket}&wait_ms=30000")
        found, path = {}, "/api/inventory?limit=500"
        while True:
            page = self.get(path)
            for product in page["products"]:
                for store in product["stores"]:
                    found[store["storeId"], product["productId"]] = store["onHand"]
            if not page.get("nextCursor"):
                return found
            path = f"/api/inventory?limit=500&cursor={page['nextCursor']}"


def sqlite(script):
    """Rows of the last SELECT, through the sqlite3 program: nothing here shares code with what is tested."""
    done = subprocess.run(["sqlite3", "-csv", ":memory:"], input=script, capture_output=True, text=True, check=True)
    assert done.stderr == "", done.stderr
    return list(csv.reader(io.StringIO(done.stdout)))


def unpack(name, folder, lines=None):
    """A plain copy of the first lines of a packed file, in the test's own folder."""
    path = os.path.join(folder, os.path.basename(name)[:-3])
    with gzip.open(os.path.join(DATA, name), "rb") as packed, open(path, "wb") as plain:
        for number, line in enumerate(packed):
            if lines is not None and number > lines:
                break
            plain.write(line)
    return path


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def compare(db, daemon, expected):
    """expected: {(store, sku): (on_hand, movements)}."""
    db.check_exact()
    stock = db.stock()
    assert {key: on_hand for key, (on_hand, _) in stock.items()} == {key: on_hand for key, (on_hand, _) in expected.items()}
    assert {key: version for key, (_, version) in stock.items()} == {key: count for key, (_, count) in expected.items()}
    ticket = db.value("select inventory.ticket()")
    cached = daemon.everything(ticket, next(iter(expected))[1])
    assert cached == {key: on_hand for key, (on_hand, _) in expected.items()}
    statistics = daemon.get("/api/inventory/cache")
    assert statistics["stats"]["drift"] == 0


def in_classes(column):
    tests = []
    for codes in CLASSES.values():
        tests += [f"{column} glob '{code}'" for code in codes]
    return "(" + " or ".join(tests) + ")"


ONLINE_RETAIL_CHANGE = """
    case
        when InvoiceNo like 'C%' then -Quantity
        when Quantity < 0 then Quantity
        when cast(UnitPrice as real) = 0 and CustomerID = '' then Quantity
        else -Quantity
    end"""


def online_retail_script(path, query):
    return f""".import --csv {path} raw
create table lines as select rowid as n, upper(StockCode) as sku, StockCode, InvoiceNo, UnitPrice, CustomerID,
    cast(Quantity as integer) as Quantity from raw;
create table moves as select n, sku, {ONLINE_RETAIL_CHANGE} as change from lines where not {in_classes("StockCode")};
{query};
"""


def test_online_retail(db, tmp_path):
    path = unpack("online-retail/online-retail.csv.gz", tmp_path, None if WHOLE else 60000)
    openings = sqlite(online_retail_script(path, """
        select 'UK', sku, -min(balance) from (select sku, sum(change) over (partition by sku order by n) as balance from moves)
        group by sku having min(balance) < 0 order by sku"""))
    db.rows("insert into inventory.stores (code, name) values ('UK', 'Online Retail')")
    opening = write_csv(tmp_path / "opening.csv", ["store", "sku", "quantity"], openings)
    assert db.summary("movements", opening, "--kind", "opening", "--create-missing")["rejected"] == 0

    rules = [f"StockCode={'|'.join(codes)} -> skip={name}" for name, codes in CLASSES.items()] + [
        "InvoiceNo=C* -> kind=return, sign=negate",
        "Quantity<0 -> kind=adjustment, sign=as-is, reason=@Description",
        "UnitPrice=0|0.0 & CustomerID= -> kind=adjustment, sign=as-is, reason=@Description",
    ]
    arguments = ["movements", path, "--case", "fold-upper", "--create-missing", "--kind", "sale", "--set", "store=UK", "--map",
                 "sku=StockCode,quantity=Quantity,occurred_at=InvoiceDate,reference=InvoiceNo"]
    for rule in rules:
        arguments += ["--rule", rule]
    with Daemon(db) as daemon:
        summary = db.summary(*arguments)
        total = int(sqlite(online_retail_script(path, "select count(*) from lines"))[0][0])
        if WHOLE:
            assert total == 541909
        # Nothing lost: every line is applied or named by its class.
        assert summary["lines"] == total and summary["rejected"] == 0
        skipped = {name: (one["lines"], one["quantity"]) for name, one in summary["skipped"].items()}
        for name, codes in CLASSES.items():
            where = " or ".join(f"StockCode glob '{code}'" for code in codes)
            lines, units = sqlite(online_retail_script(
                path, f"select count(*), coalesce(sum(Quantity), 0) from lines where {where}"))[0]
            assert skipped.get(name, (0, 0)) == (int(lines), int(units)), name
        assert summary["applied"] == total - sum(lines for lines, _ in skipped.values())

        opened = {sku: int(quantity) for _, sku, quantity in openings}
        expected = {
            ("UK", sku): (opened.get(sku, 0) + int(change), int(count) + (sku in opened))
            for sku, change, count in sqlite(online_retail_script(
                path, "select sku, sum(change), count(*) from moves group by sku"))
        }
        compare(db, daemon, expected)
        assert min(on_hand for on_hand, _ in expected.values()) >= 0
        by_kind = dict(db.rows("select kind, count(*) from inventory.stock_ledger where kind <> 'opening' group by kind"))
        returns = int(sqlite(online_retail_script(
            path, f"select count(*) from lines where InvoiceNo like 'C%' and not {in_classes('StockCode')}"))[0][0])
        assert by_kind["return"] == returns

        before = db.stock()
        again = db.summary(*arguments)
        assert again["applied"] == 0 and again["alreadyApplied"] == summary["applied"]
        assert db.stock() == before


def test_online_retail_without_opening_stock_refuses_what_was_not_there(db, tmp_path):
    """The same lines into empty shelves: the very lines are refused that one line after the other would refuse."""
    path = unpack("online-retail/online-retail.csv.gz", tmp_path, 541909 if WHOLE else 30000)
    db.rows("insert into inventory.stores (code, name) values ('UK', 'Online Retail')")
    mapping = "sku=StockCode,quantity=Quantity,occurred_at=InvoiceDate,reference=InvoiceNo"
    summary = db.summary("movements", path, "--kind", "sale", "--set", "store=UK", "--map", mapping, "--case", "fold-upper",
                         "--create-missing", "--rejects", tmp_path / "rejects.csv", code=3)
    balance, refused = {}, []
    with open(path, newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            sku = row["StockCode"].upper()
            after = balance.get(sku, 0) - int(row["Quantity"])
            if after < 0:
                refused.append(number)
            else:
                balance[sku] = after
    assert summary["rejected"] == len(refused)
    with open(tmp_path / "rejects.csv", newline="", encoding="utf-8") as file:
        assert [int(row["reject_line"]) for row in csv.DictReader(file)] == refused
    assert {sku: on_hand for (_, sku), (on_hand, _) in db.stock().items()} == balance
    db.check_exact()


def test_maven_toys(db, tmp_path):
    folder = os.path.join(DATA, "maven-toys")
    sales = unpack("maven-toys/sales.csv.gz", tmp_path, None if WHOLE else 60000)
    load = f".import --csv {sales} sales\n.import --csv {folder}/inventory.csv inventory\n"
    # Opening = closing + sold; pairs that were sold but have no closing count close at 0.
    openings = sqlite(load + """
        select k.Store_ID, k.Product_ID, coalesce(i.closing, 0) + coalesce(s.sold, 0) from
            (select Store_ID, Product_ID from inventory union select Store_ID, Product_ID from sales) as k
            left join (select Store_ID, Product_ID, sum(Stock_On_Hand) as closing from inventory group by 1, 2) as i
                using (Store_ID, Product_ID)
            left join (select Store_ID, Product_ID, sum(Units) as sold from sales group by 1, 2) as s
                using (Store_ID, Product_ID);""")
    opening = write_csv(tmp_path / "opening.csv", ["store", "sku", "on_hand"], openings)
    rejects = ("--rejects", tmp_path / "rejects.csv")
    assert db.summary("stores", f"{folder}/stores.csv", "--map", "store=Store_ID,name=Store_Name", *rejects)["createdStores"] == 50
    assert db.summary("products", f"{folder}/products.csv", "--create-missing", "--map",
                      "sku=Product_ID,name=Product_Name,category=Product_Category,base_price=Product_Price", *rejects)["applied"] == 35
    assert db.summary("stock", opening)["applied"] == len(openings)

    arguments = ["movements", sales, "--kind", "sale", "--id", "Sale_ID", "--source", "maven-toys", "--map",
                 "store=Store_ID,sku=Product_ID,quantity=Units,occurred_at=Date"]
    with Daemon(db) as daemon:
        summary = db.summary(*arguments)
        assert summary["rejected"] == 0 and summary["applied"] == summary["lines"] == (829262 if WHOLE else 60000)
        closing = {(store, sku): int(count) for store, sku, count in sqlite(
            load + "select Store_ID, Product_ID, sum(Stock_On_Hand) from inventory group by 1, 2;")}
        counts = {(store, sku): int(count) for store, sku, count in sqlite(
            load + "select Store_ID, Product_ID, count(*) from sales group by 1, 2;")}
        expected = {
            (store, sku): (closing.get((store, sku), 0), counts.get((store, sku), 0) + 1) for store, sku, _ in openings
        }
        compare(db, daemon, expected)
        again = db.summary(*arguments)
        assert again["applied"] == 0 and again["alreadyApplied"] == summary["applied"]
        assert {key: on_hand for key, (on_hand, _) in db.stock().items()} == {key: on_hand for key, (on_hand, _) in expected.items()}


def test_stockctl_is_the_built_one():
    assert stockctl("--version").returncode == 0
