"""stockctl import through the built program: what lands, what is refused, and that no line counts twice."""

import csv
import gzip
import os
import random
import signal
import subprocess
import threading
import time

import psycopg2
import pytest
from import_support import STOCKCTL, Database, kill_at

MAP = ("--map", "store=Shop,sku=Code,quantity=Units,occurred_at=When,reference=Doc")


@pytest.fixture(name="db")
def fixture_db():
    with Database() as database:
        yield database


@pytest.fixture(name="shop")
def fixture_shop(db):
    db.rows("insert into inventory.stores (code, name) values ('A', 'Shop A'), ('B', 'Shop B')")
    db.rows("insert into inventory.products (sku, name) values ('X', 'Ex'), ('Y', 'Why'), ('Z', 'Zed')")
    return db


def write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def sales(path, lines):
    return write(path, "Shop,Code,Units,When,Doc\n" + "".join(line + "\n" for line in lines))


# What lands


def test_movements_become_ledger_rows_and_stock(shop, tmp_path):
    file = sales(tmp_path / "in.csv", ["A,X,10,2024-01-02,po-1", "A,X,5,2024-01-03 10:30,po-2", "B,Y,7,,"])
    summary = shop.summary("movements", file, *MAP, "--kind", "purchase", "--set", "actor=ann", "--time-zone", "Europe/Berlin")
    assert (summary["lines"], summary["applied"], summary["rejected"]) == (3, 3, 0)
    assert shop.stock() == {("A", "X"): (15, 2), ("B", "Y"): (7, 1)}
    assert shop.rows(
        "select kind, on_hand_delta, on_hand_after, version, reference, actor, occurred_at at time zone 'UTC' "
        "from inventory.stock_ledger where reference = 'po-2'"
    )[0][:6] == ("purchase", 5, 15, 2, "po-2", "ann")
    assert str(shop.value(
        "select occurred_at at time zone 'UTC' from inventory.stock_ledger where reference = 'po-2'"
    )) == "2024-01-03 09:30:00"
    shop.check_exact()


def test_a_sale_takes_and_a_negative_sale_gives_back(shop, tmp_path):
    shop.summary("movements", sales(tmp_path / "o.csv", ["A,X,10,,"]), *MAP, "--kind", "opening")
    shop.summary("movements", sales(tmp_path / "s.csv", ["A,X,4,,", "A,X,-1,,"]), *MAP, "--kind", "sale")
    assert shop.stock()["A", "X"] == (7, 3)


def test_rules_decide_kind_sign_reason_and_what_is_left_out(shop, tmp_path):
    file = write(
        tmp_path / "r.csv",
        "No,Code,Q,Price,Note\n1,x,-9,0.0,found\nC2,X,-3,2.5,\n3,X,2,2.5,\n4,POST,1,18,\n5,D,-1,27.5,\n6,X,-4,0.0,wet\n",
    )
    summary = shop.summary(
        "movements", file, "--map", "sku=Code,quantity=Q,reference=No", "--set", "store=A", "--set", "kind=sale",
        "--case", "fold-upper",
        "--rule", "Code=POST -> skip=postage", "--rule", "Code=D|M -> skip=discount",
        "--rule", "Note=found -> kind=adjustment, sign=negate",
        "--rule", "No=C* -> kind=return, sign=negate",
        "--rule", "Q<0 & Price=0.0 -> kind=adjustment, sign=as-is, reason=@Note",
    )
    assert summary["skipped"] == {"postage": {"lines": 1, "quantity": 1}, "discount": {"lines": 1, "quantity": -1}}
    assert shop.rows("select reference, kind, on_hand_delta, reason from inventory.stock_ledger order by movement_id") == [
        ("1", "adjustment", 9, None), ("C2", "return", 3, None), ("3", "sale", -2, None), ("6", "adjustment", -4, "wet"),
    ]


def test_missing_products_and_stores_are_made_when_asked(db, tmp_path):
    file = write(tmp_path / "m.csv", "store,sku,quantity,name\nN,P1,5,\nN,P1,6,Late name\nN,P2,1,\n")
    summary = db.summary("movements", file, "--kind", "purchase", "--create-missing")
    assert (summary["createdProducts"], summary["createdStores"]) == (2, 1)
    assert db.rows("select sku, name from inventory.products order by sku") == [("P1", "Late name"), ("P2", "P2")]
    assert db.value("select count(*) from inventory.inventory_event where type = 'product_created'") == 2


def test_products_are_added_and_changed_in_the_mapped_columns_only(db, tmp_path):
    first = write(tmp_path / "p.csv", "Code,Title,Price,Per pack\nA,Ant,$1.50 ,10\nB,Bee,,\n")
    mapping = ("--map", "sku=Code,name=Title,base_price=Price,pieces_per_pack=Per pack")
    assert db.summary("products", first, *mapping)["createdProducts"] == 2
    db.rows("update inventory.products set description = 'kept', packs_per_box = 6")
    second = write(tmp_path / "p2.csv", "Code,Title,Price,Per pack\nA,Ant 2,2.25,\nB,,,\n")
    summary = db.summary("products", second, *mapping)
    assert (summary["createdProducts"], summary["changed"]) == (0, 1)
    assert [tuple(map(str, row)) for row in db.rows(
        "select sku, name, base_price, pieces_per_pack, packs_per_box, description from inventory.products order by sku"
    )] == [("A", "Ant 2", "2.250000", "10", "6", "kept"), ("B", "Bee", "None", "1", "6", "kept")]
    assert db.value("select count(*) from inventory.inventory_event where type = 'price_changed'") == 1


def test_categories_are_a_tree_and_vendors_are_made(db, tmp_path):
    file = write(tmp_path / "c.csv", "sku,vendor,category\nA,Acme,Food > Fruit > Apples\nB,Acme,Food\n")
    refused = db.summary("products", file, "--rejects", tmp_path / "r.csv", code=3)
    assert refused["rejected"] == 2
    assert db.summary("products", file, "--create-missing")["applied"] == 2
    assert db.rows(
        "select c.name, p.name from inventory.categories as c left join inventory.categories as p on p.category_id = c.parent_id "
        "order by length(c.code)"
    ) == [("Food", None), ("Fruit", "Food"), ("Apples", "Fruit")]
    assert db.value("select count(*) from inventory.vendors") == 1


def test_stores_are_added_and_changed(db, tmp_path):
    file = write(tmp_path / "s.csv", "code,name,currency,time_zone,allow_negative\nA,Alpha,GBP,Europe/London,yes\nB,,,,\n")
    assert db.summary("stores", file)["createdStores"] == 2
    assert db.rows("select code, name, currency, time_zone, allow_negative from inventory.stores order by code") == [
        ("A", "Alpha", "GBP", "Europe/London", True), ("B", "B", "EUR", "UTC", False),
    ]


def test_stock_is_opened_first_and_counted_later(shop, tmp_path):
    first = write(tmp_path / "c1.csv", "store,sku,on_hand,low_stock_threshold\nA,X,5,2\nA,Y,0,\n")
    assert shop.summary("stock", first)["applied"] == 2
    second = write(tmp_path / "c2.csv", "store,sku,on_hand,low_stock_threshold\nA,X,3,4\nA,Y,0,\nA,Z,-1,\n")
    summary = shop.summary("stock", second, code=3)
    assert (summary["applied"], summary["rejected"]) == (2, 1)
    assert shop.rows(
        "select p.sku, l.kind, l.on_hand_delta, l.on_hand_after, l.version from inventory.stock_ledger as l "
        "join inventory.products as p using (product_id) order by l.movement_id"
    ) == [("X", "opening", 5, 5, 1), ("Y", "opening", 0, 0, 1), ("X", "count", -2, 3, 2)]
    assert shop.rows("select low_stock_threshold from inventory.inventory_stock order by product_id") == [(4,), (0,)]
    assert shop.value("select count(*) from inventory.inventory_event where type = 'stock_settings_changed'") >= 1
    shop.check_exact()


# Each line once


def test_the_same_file_again_changes_nothing_even_renamed_or_unpacked(shop, tmp_path):
    text = "Shop,Code,Units,When,Doc\nA,X,5,,\nA,X,5,,\nA,Y,1,,\n"
    plain = write(tmp_path / "a.csv", text)
    packed = tmp_path / "other.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert shop.summary("movements", plain, *MAP, "--kind", "purchase")["applied"] == 3
    before = shop.stock()
    assert before["A", "X"] == (10, 2)  # Equal lines of one file all count.
    for file in (plain, packed):
        again = shop.summary("movements", file, *MAP, "--kind", "purchase")
        assert (again["applied"], again["alreadyApplied"]) == (0, 3)
    assert shop.stock() == before


def test_another_mapping_of_movements_is_still_the_same_file(shop, tmp_path):
    file = sales(tmp_path / "a.csv", ["A,X,5,,"])
    shop.summary("movements", file, *MAP, "--kind", "purchase")
    assert shop.summary("movements", file, *MAP, "--kind", "opening")["applied"] == 0
    assert shop.stock()["A", "X"] == (5, 1)


def test_lines_with_ids_are_known_from_any_file(shop, tmp_path):
    mapping = ("--map", "store=S,sku=C,quantity=Q", "--id", "Sale", "--kind", "purchase")
    one = write(tmp_path / "1.csv", "Sale,S,C,Q\n1,A,X,5\n2,A,X,6\n2,A,X,6\n")
    summary = shop.summary("movements", one, *mapping)
    assert (summary["applied"], summary["alreadyApplied"]) == (2, 1)
    two = write(tmp_path / "2.csv", "Sale,S,C,Q\n2,A,X,6\n1,A,X,50\n3,A,X,7\n")
    summary = shop.summary("movements", two, *mapping, code=3)
    assert (summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (1, 1, 1)
    assert "id 1 was applied before with other values (line 2 of" in summary["rejects"][0]["reason"]
    assert shop.stock()["A", "X"] == (18, 3)
    # Another source may use the same ids.
    assert shop.summary("movements", two, *mapping, "--source", "till 2")["applied"] == 3


def test_rejected_lines_are_tried_again(shop, tmp_path):
    file = sales(tmp_path / "s.csv", ["A,X,4,,", "A,NEW,1,,", "A,X,3,,"])
    opening = sales(tmp_path / "o.csv", ["A,X,5,,"])
    shop.summary("movements", opening, *MAP, "--kind", "opening")
    summary = shop.summary("movements", file, *MAP, "--kind", "sale", code=3)
    assert (summary["applied"], summary["rejected"]) == (1, 2)
    assert [reject["reason"] for reject in summary["rejects"]] == [
        'no product has the sku "NEW"', "Insufficient stock of X in A: Need 3, Have 1 (Short: 2)",
    ]
    shop.summary("movements", sales(tmp_path / "o2.csv", ["A,X,2,,", "A,NEW,9,,"]), *MAP, "--kind", "purchase", "--create-missing")
    summary = shop.summary("movements", file, *MAP, "--kind", "sale")
    assert (summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (2, 1, 0)
    assert shop.stock() == {("A", "X"): (0, 4), ("A", "NEW"): (8, 2)}
    shop.check_exact()


def test_refused_ids_are_free_again(shop, tmp_path):
    file = write(tmp_path / "1.csv", "Sale,S,C,Q\n1,A,X,5\n")
    mapping = ("--map", "store=S,sku=C,quantity=Q", "--id", "Sale", "--kind", "sale")
    assert shop.summary("movements", file, *mapping, code=3)["rejected"] == 1
    assert shop.stock() == {}  # No stock row without a movement.
    shop.summary("movements", sales(tmp_path / "o.csv", ["A,X,5,,"]), *MAP, "--kind", "opening")
    assert shop.summary("movements", file, *mapping)["applied"] == 1
    assert shop.stock()["A", "X"] == (0, 2)


def test_refusals_are_those_of_one_line_after_the_other(shop, tmp_path):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    shop.rows("update inventory.products set allow_negative = true where sku = 'Z'")
    lines = [f"{rng.choice('AB')},{rng.choice('XYZ')},{rng.choice([-3, -2, -1, 1, 1, 2, 5, 9])},,{n}" for n in range(3000)]
    file = sales(tmp_path / "s.csv", lines)
    balance, expected, refused = {}, [], []
    for number, line in enumerate(lines, start=2):
        store, sku, units = line.split(",")[:3]
        after = balance.get((store, sku), 0) - int(units)
        if after < 0 and sku != "Z":
            refused.append(number)
        else:
            balance[store, sku] = after
            expected.append(line.split(",")[4])
    summary = shop.summary("movements", file, *MAP, "--kind", "sale", "--batch-lines", "97", code=3)
    assert summary["rejected"] == len(refused)
    with open(tmp_path / "s.rejects.csv", newline="", encoding="utf-8") as rejects:
        assert [int(row["reject_line"]) for row in csv.DictReader(rejects)] == refused
    assert {key: on_hand for key, (on_hand, _) in shop.stock().items()} == balance
    assert sorted(int(r[0]) for r in shop.rows("select reference from inventory.stock_ledger")) == sorted(map(int, expected))
    shop.check_exact()


def test_killed_in_the_middle_and_run_again_it_ends_in_the_same_state(shop, tmp_path):
    lines = [f"{'AB'[n % 2]},{'XYZ'[n % 3]},{1 + n % 5},,{n}" for n in range(20000)]
    file = sales(tmp_path / "big.csv", lines)
    arguments = [STOCKCTL, "import", "movements", str(file), *MAP, "--kind", "purchase", "--batch-lines", "500", "-q", "-d", shop.name]
    assert kill_at(shop, arguments, (1000, 6000, 12000)) > 0
    assert subprocess.run(arguments, timeout=120, check=False).returncode == 0
    assert shop.value("select count(*) from inventory.stock_ledger") == len(lines)
    assert shop.value("select count(distinct reference) from inventory.stock_ledger") == len(lines)
    shop.check_exact()


def wait_for(condition, deadline_s=60):
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def test_a_connection_that_outlives_its_killed_client_counts_once(shop, tmp_path):
    """Two connections apply at once; one waits for a stock row when the client is killed, and applies its lines after that."""
    skus = [f"P{n}" for n in range(20)]
    opening = sales(tmp_path / "o.csv", [f"A,{sku},1,," for sku in skus])
    shop.summary("movements", opening, *MAP, "--kind", "opening", "--create-missing")
    file = sales(tmp_path / "s.csv", [f"A,{skus[n % 20]},1,,{n}" for n in range(8000)])
    arguments = [STOCKCTL, "import", "movements", str(file), *MAP, "--kind", "purchase", "--batch-lines", "500", "-q", "-d", shop.name]
    blocker = psycopg2.connect(dbname=shop.name)
    try:
        with blocker.cursor() as cursor:
            cursor.execute(
                "select from inventory.inventory_stock join inventory.products using (product_id) where sku = 'P0' for update"
            )
        first = subprocess.Popen(arguments)
        wait_for(lambda: shop.value(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
            "and query like '%%_import_movements%%') and exists (select from inventory.stock_ledger where reference <> '')"
        ))
        first.send_signal(signal.SIGKILL)
        first.wait()
        second = subprocess.Popen(arguments)
        # What the first left behind is waited for: only then is it known which lines were applied.
        wait_for(lambda: shop.value(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
            "and query like '%%_begin_import%%')"
        ))
    finally:
        blocker.close()
    assert second.wait(timeout=120) == 0
    assert shop.value("select count(*) from inventory.stock_ledger where reference <> ''") == 8000
    assert shop.value("select count(distinct reference) from inventory.stock_ledger") == 8000
    assert shop.value("select sum(line_count) from inventory.import_batches") == 8000 + len(skus)
    shop.check_exact()


def test_a_lost_connection_of_the_database_leaves_nothing_half_done(shop, tmp_path):
    file = sales(tmp_path / "s.csv", [f"{'AB'[n % 2]},{'XYZ'[n % 3]},1,,{n}" for n in range(20000)])
    arguments = [STOCKCTL, "import", "movements", str(file), *MAP, "--kind", "purchase", "--batch-lines", "500", "-q", "-d", shop.name]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE)
    wait_for(lambda: shop.value(
        "select count(pg_terminate_backend(pid)) > 0 from (select pid from pg_stat_activity where datname = current_database() "
        "and query like '%%_import_movements%%' and pid <> pg_backend_pid() and state = 'active' limit 1) as one"
    ) or process.poll() is not None)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert subprocess.run(arguments, timeout=120, check=False).returncode == 0
    assert shop.value("select count(distinct reference) from inventory.stock_ledger") == 20000
    assert shop.value("select count(*) from inventory.stock_ledger") == 20000
    shop.check_exact()


def test_four_at_once_apply_each_line_once(shop, tmp_path):
    lines = [f"{'AB'[n % 2]},{'XYZ'[n % 3]},1,,{n}" for n in range(4000)]
    file = sales(tmp_path / "four.csv", lines)
    results = []

    def work():
        results.append(shop.run("movements", file, *MAP, "--kind", "purchase", "--batch-lines", "100"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.returncode for done in results] == [0] * 4, [done.stderr for done in results]
    assert shop.value("select count(*) from inventory.stock_ledger") == len(lines)
    shop.check_exact()


def test_other_writers_go_on_during_an_import(shop, tmp_path):
    shop.summary("movements", sales(tmp_path / "o.csv", ["A,X,1000000,,", "A,Y,1,,"]), *MAP, "--kind", "opening")
    file = sales(tmp_path / "s.csv", [f"A,X,1,,{n}" for n in range(20000)])
    process = subprocess.Popen(
        [STOCKCTL, "import", "movements", str(file), *MAP, "--kind", "sale", "--batch-lines", "1000", "-q", "-d", shop.name]
    )
    writes = 0
    while process.poll() is None:
        shop.rows("update inventory.inventory_stock set on_hand = on_hand + 1 where product_id = 1")
        writes += 1
    assert process.returncode == 0 and writes > 0
    assert shop.stock()["A", "X"][0] == 1000000 - 20000 + writes
    shop.check_exact()


def test_a_dry_run_changes_nothing_and_says_what_would_happen(shop, tmp_path):
    file = sales(tmp_path / "d.csv", ["A,X,5,,", "A,NONE,1,,", "A,X,bad,,"])
    summary = shop.summary("movements", file, *MAP, "--kind", "purchase", "--dry-run", code=3)
    assert (summary["applied"], summary["rejected"], summary["dryRun"], summary["rejectsFile"]) == (1, 2, True, None)
    assert shop.stock() == {}
    assert shop.value("select count(*) from inventory.imports") == 0
    assert not (tmp_path / "d.rejects.csv").exists()


def counts(database):
    """How many rows each table of the schema has."""
    tables = database.rows(
        "select c.oid::regclass::text from pg_class as c where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'p')"
    )
    return {table: database.value(f"select count(*) from {table}") for (table,) in tables}


@pytest.mark.parametrize(
    ("target", "text", "arguments"),
    [
        ("stores", "store,name\nA,Old\nNEW1,One\nNEW2,Two\nNEW1,Again\n", ()),
        ("products", "sku,vendor,category\nX,ACME,Food > Fruit\nNEW1,ACME,Food\nNEW2,,Tools\nNEW1,,\n", ()),
        ("stock", "store,sku,on_hand\nA,X,5\nNEW1,NEW1,2\nNEW1,NEW2,1\nA,NEW2,1\n", ()),
        ("movements", "store,sku,quantity\nA,X,5\nNEW1,NEW1,2\nNEW1,NEW2,1\nA,NEW2,1\n", ("--kind", "purchase")),
        ("lots", "store,sku,quantity\nA,X,5\nNEW1,NEW1,2\nNEW1,NEW2,1\nA,NEW2,1\n", ()),
    ],
)
def test_a_dry_run_that_would_make_what_is_missing_writes_nothing_and_says_what_the_real_run_does(
    shop, tmp_path, target, text, arguments
):
    file = write(tmp_path / "c.csv", text)
    before = counts(shop)
    # Batches of one line: what one of them would make is there for the next.
    command = (target, file, *arguments, "--create-missing", "--batch-lines", "1")
    dry = shop.summary(*command, "--dry-run")
    assert counts(shop) == before
    real = shop.summary(*command)
    said = ("lines", "applied", "rejected", "createdProducts", "createdStores")
    assert [dry[name] for name in said] == [real[name] for name in said]
    assert (dry["applied"], dry["createdProducts"] + dry["createdStores"]) == (4, {"stores": 2, "products": 2}.get(target, 3))


def test_a_dry_run_says_in_words_what_would_be_made(shop, tmp_path):
    file = write(tmp_path / "w.csv", "store,sku,on_hand\nA,X,5\nNEW1,NEW1,2\n")
    said = shop.run("stock", file, "--create-missing", "--dry-run").stderr
    assert "2 of 2 lines would be applied" in said and ", 1 products would be made, 1 stores would be made\n" in said


def test_the_reject_file_can_be_mended_and_imported(shop, tmp_path):
    file = write(tmp_path / "m.csv", 'Shop,Code,Units,When,Doc\nA,X,"five",,"a ""b"""\nA,Y,2,,\nA,"X,1\nA,X,1\n')
    assert shop.summary("movements", file, *MAP, "--kind", "purchase", code=3)["rejected"] == 3
    rejects = tmp_path / "m.rejects.csv"
    rows = list(csv.reader(rejects.open(newline="", encoding="utf-8")))
    assert rows[0] == ["Shop", "Code", "Units", "When", "Doc", "reject_line", "reject_reason"]
    assert rows[1] == ["A", "X", "five", "", 'a "b"', "2", 'Units: "five" is not a number']
    assert rows[2][0] == 'A,"X,1' and rows[2][5:] == ["4", "a quoted field is not closed"]
    assert rows[3][0] == "A,X,1" and rows[3][5:] == ["5", "3 columns instead of 5"]
    mended = write(tmp_path / "mended.csv", rejects.read_text(encoding="utf-8").replace("five", "5").split("\n4,")[0])
    summary = shop.summary("movements", mended, *MAP, "--kind", "purchase", code=3)
    assert summary["applied"] == 1
    assert shop.stock() == {("A", "X"): (5, 1), ("A", "Y"): (2, 1)}


def test_the_imported_file_is_never_written_over(shop, tmp_path):
    file = write(tmp_path / "own.csv", "sku,name\nOV1,ok\nOV2,a,b\n")
    (tmp_path / "link.csv").symlink_to(file)
    for name in (file, tmp_path / "." / "own.csv", tmp_path / "link.csv"):
        done = shop.run("products", file, "--rejects", str(name))
        assert done.returncode == 2 and "that is the imported file" in done.stderr, done.stderr
    with open(file, encoding="utf-8") as kept:
        assert kept.read() == "sku,name\nOV1,ok\nOV2,a,b\n"
    assert shop.run("products", file, "--rejects", str(tmp_path / "other.csv")).returncode == 3


def test_a_writer_may_import_and_a_reader_may_not(shop, tmp_path):
    shop.rows("drop role if exists import_writer; create role import_writer login in role inventory_writer")
    shop.rows("drop role if exists import_reader; create role import_reader login in role inventory_reader")
    file = sales(tmp_path / "w.csv", ["A,X,5,,", "A,NEW,1,,"])
    try:
        connection = psycopg2.connect(dbname=shop.name, user="import_writer")
        connection.close()
    except psycopg2.OperationalError:
        pytest.skip("the cluster lets in only its owner")
    reader = shop.run("movements", file, *MAP, "--kind", "purchase", "-U", "import_reader")
    assert reader.returncode == 1 and "permission denied" in reader.stderr
    writer = shop.run("movements", file, *MAP, "--kind", "purchase", "--create-missing", "-U", "import_writer")
    assert writer.returncode == 0, writer.stderr
    assert shop.value("select distinct actor from inventory.stock_ledger") == "import_writer"


def test_the_bundled_sample_comes_in_whole_and_only_once(db):
    data = os.path.join(os.path.dirname(__file__), "..", "..", "..", "data")
    first = db.run("sample", data, "--json")
    assert first.returncode == 0, first.stderr
    before = db.value("select sum(on_hand) from inventory.inventory_stock")
    assert db.value("select count(*) from inventory.stores") == 25
    assert db.value("select min(on_hand) from inventory.inventory_stock") == 0
    db.check_exact()
    assert db.run("sample", data).returncode == 0
    assert db.value("select sum(on_hand) from inventory.inventory_stock") == before
