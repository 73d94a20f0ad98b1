"""stockctl import lots: deliveries become purchases and lots, and no line is received twice, whatever happens on the way."""

import csv
import subprocess
import time

import psycopg2
import pytest
from import_support import STOCKCTL, Database, kill_at, reasons, write

HEADING = "store,sku,quantity,unit,unit_cost,lot,expires_on,reference,occurred_at\n"


@pytest.fixture(name="db")
def fixture_db():
    with Database() as database:
        database.rows("insert into inventory.stores (code, name) values ('A', 'Shop A'), ('B', 'Shop B')")
        database.rows(
            "insert into inventory.products (sku, name, pieces_per_pack, packs_per_box) "
            "values ('MILK', 'Milk', 6, 10), ('EGGS', 'Eggs', 10, 12), ('SALT', 'Salt', 1, 1)"
        )
        database.rows("select inventory.set_lot_policy('MILK', 'fefo'), inventory.set_lot_policy('EGGS', 'fifo')")
        yield database


def lots(db):
    return db.rows(
        "select t.code, p.sku, l.lot, l.expires_on::text, l.remaining_quantity, trim_scale(l.remaining_value)::text "
        "from inventory.stock_lots as l join inventory.stores as t using (store_id) join inventory.products as p using (product_id) "
        "order by l.lot_id"
    )


def purchases(db):
    return db.rows(
        "select t.code, d.reference, count(*) from inventory.stock_documents as d join inventory.stores as t using (store_id) "
        "join inventory.stock_document_lines as l using (document_id) where d.kind = 'purchase' group by 1, 2, d.document_id "
        "order by d.document_id"
    )


def on_hand(db):
    return {key: on_hand for key, (on_hand, _) in db.stock().items()}


def check(db):
    db.check_exact()
    assert db.rows(
        "select store_id, product_id from inventory.inventory_stock as s where s.keeps_lots and s.on_hand <> (select coalesce(sum(l.remaining_quantity), 0) "
        "from inventory.stock_lots as l where l.store_id = s.store_id and l.product_id = s.product_id and l.is_open)"
    ) == []


def test_lines_of_one_delivery_are_one_purchase_with_its_lots(db, tmp_path):
    file = write(
        tmp_path / "l.csv",
        HEADING
        + "A,MILK,2,box,$45.00,M1,2031-01-31,D1,2030-01-02 08:00\nB,MILK,1.5,pack,0.123456,M1,2031-01-31,D1,2030-01-02 08:00\n"
        + "A,EGGS,30,,0.25,,,D1,2030-01-02 08:00\nA,EGGS,30,,0.25,,,D1,2030-01-03 08:00\nA,SALT,1.500,,2,S1,,,\n",
    )
    summary = db.summary("lots", file, "--set", "actor=ana", "--time-zone", "Europe/Berlin")
    assert (summary["lines"], summary["applied"], summary["rejected"]) == (5, 5, 0)
    assert on_hand(db) == {("A", "MILK"): 120, ("B", "MILK"): 9, ("A", "EGGS"): 60, ("A", "SALT"): 1}
    assert lots(db) == [
        ("A", "MILK", "M1", "2031-01-31", 120, "90"), ("A", "EGGS", None, None, 60, "15"), ("B", "MILK", "M1", "2031-01-31", 9, "0.185184"),
    ]  # fmt: skip
    assert purchases(db) == [("A", "D1", 2), ("B", "D1", 1), ("A", "D1", 1), ("A", None, 1)]
    assert db.value(
        "select count(*) from inventory.stock_documents where actor = 'ana' and occurred_at = '2030-01-02 07:00+00'"
    ) == 2
    # The remainder of what is no whole unit is kept.
    assert db.value("select numerator::text || '/' || denominator from inventory.stock_remainders where numerator <> 0") == "1/2"
    check(db)


def test_nothing_is_received_twice(db, tmp_path):
    text = HEADING + "A,MILK,2,,1,M1,,D1,\nA,MILK,2,,1,M1,,D1,\nA,EGGS,3,,1,,,D2,\n"
    assert db.summary("lots", write(tmp_path / "one.csv", text))["applied"] == 3
    before = (on_hand(db), lots(db), purchases(db))
    assert before[0] == {("A", "MILK"): 4, ("A", "EGGS"): 3}
    for arguments in ((), ("--set", "actor=bob"), ("--dry-run",)):
        again = db.summary("lots", write(tmp_path / "two.csv", text), *arguments)
        assert (again["applied"], again["alreadyApplied"]) == (0, 3)
    assert (on_hand(db), lots(db), purchases(db)) == before


def test_a_line_with_an_id_is_received_once_from_whatever_file(db, tmp_path):
    heading = "Line," + HEADING
    first = "1,A,MILK,2,,1.50,M1,,D1,\n2,A,MILK,1.5,pack,1,M2,,D1,\n"
    assert db.summary("lots", write(tmp_path / "1.csv", heading + first), "--id", "Line")["applied"] == 2
    before = lots(db)
    more = "3,A,EGGS,4,,,,,D2,\n1,A,MILK,2.0,,1.5,M1,,D1,\n2,A,MILK,1.5,pack,2,M2,,D1,\n4,A,MILK,1,,1,M1,,D3,\n4,A,MILK,1,,1,M1,,D3,\n"
    summary = db.summary("lots", write(tmp_path / "2.csv", heading + more), "--id", "Line", code=3)
    assert (summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (2, 2, 1)
    assert reasons(summary)[4].startswith("id 2 was applied before with other values (line 3 of")
    assert lots(db)[:2] == before and on_hand(db) == {("A", "MILK"): 12, ("A", "EGGS"): 4}
    check(db)


def test_wrong_lines_are_refused_and_the_rest_is_still_one_purchase(db, tmp_path):
    lines = [
        "A,MILK,1,,1,M1,,D1,", "A,MILK,1,crate,1,M1,,D1,", "A,EGGS,0,,1,,,D1,", "A,NONE,1,,1,,,D1,", "A,EGGS,1,box,1,E1,2031-02-29,D1,",
        "A,EGGS,1,,1.0000001,,,D1,", "A,EGGS,999999999999999,box,1,,,D1,", "A,EGGS,2,,1,E1,2031-02-28,D1,", "Q,EGGS,1,,,,,D1,", "A,SALT,1,,,,,D1,",
    ]  # fmt: skip
    summary = db.summary("lots", write(tmp_path / "w.csv", HEADING + "\n".join(lines) + "\n"), code=3)
    assert reasons(summary) == {
        3: 'MILK has no unit "crate"',
        4: 'quantity: "0" is not above 0',
        5: 'no product has the sku "NONE"',
        6: 'expires_on: "2031-02-29" is not a date (YYYY-MM-DD)',
        7: 'unit_cost: "1.0000001" has more than 12 digits before the point or 6 behind it',
        8: "the quantity is too large (A quantity comes to less than 10^15 base units.)",
        10: 'no store has the code "Q"',
    }
    assert purchases(db) == [("A", "D1", 3)]
    with open(tmp_path / "w.rejects.csv", newline="", encoding="utf-8") as rejects:
        assert [int(row["reject_line"]) for row in csv.DictReader(rejects)] == sorted(reasons(summary))
    mended = write(tmp_path / "mended.csv", (tmp_path / "w.rejects.csv").read_text(encoding="utf-8").replace("crate", "pack"))
    assert db.summary("lots", mended, code=3)["applied"] == 1
    assert on_hand(db)["A", "MILK"] == 7
    check(db)


def test_what_is_refused_only_by_the_tables_costs_its_line(db, tmp_path):
    db.rows("alter table inventory.stock_document_lines add constraint test_ck check (unit_cost <> 13)")
    lines = [f"A,MILK,1,,{13 if n in (3, 4, 9) else 1},M1,,D1," for n in range(12)]
    summary = db.summary("lots", write(tmp_path / "t.csv", HEADING + "\n".join(lines) + "\n"), code=3)
    assert (summary["applied"], set(reasons(summary))) == (9, {5, 6, 11})
    assert "test_ck" in reasons(summary)[5]
    assert on_hand(db) == {("A", "MILK"): 9}
    check(db)


def test_missing_products_and_stores_are_made_when_asked_and_a_dry_run_changes_nothing(db, tmp_path):
    file = write(tmp_path / "n.csv", "store,sku,quantity,name\nC,TEA,5,Tea\nA,MILK,1,\n")
    dry = db.summary("lots", file, "--dry-run", code=3)
    assert (dry["applied"], reasons(dry)) == (1, {2: 'no store has the code "C"'})
    assert db.stock() == {} and db.value("select count(*) from inventory.imports") == 0
    summary = db.summary("lots", file, "--create-missing")
    assert (summary["applied"], summary["createdProducts"], summary["createdStores"]) == (2, 1, 1)


def test_killed_in_the_middle_and_run_again_every_line_is_received_once(db, tmp_path):
    lines = [f"{'AB'[n % 2]},{('MILK', 'EGGS', 'SALT')[n % 3]},1,,1,L{n % 7},,D{n // 5},"  for n in range(3000)]
    file = write(tmp_path / "big.csv", HEADING + "\n".join(lines) + "\n")
    arguments = [STOCKCTL, "import", "lots", str(file), "--batch-lines", "100", "-q", "-d", db.name]
    assert kill_at(db, arguments, (200, 1000, 2000)) > 0
    assert subprocess.run(arguments, timeout=120, check=False).returncode == 0
    assert sum(on_hand(db).values()) == len(lines)
    assert db.value("select count(*) from inventory.stock_document_lines") == len(lines)
    assert db.value("select sum(line_count) from inventory.import_batches") == len(lines)
    check(db)


def test_a_login_of_some_stores_receives_for_those_only(db, tmp_path):
    db.rows("drop role if exists import_clerk; create role import_clerk login in role inventory_writer")
    store_id = db.value("select store_id from inventory.stores where code = 'A'")
    db.rows("insert into inventory.store_access (login, store_id) values ('import_clerk', %s)", store_id)
    try:
        psycopg2.connect(dbname=db.name, user="import_clerk").close()
    except psycopg2.OperationalError:
        pytest.skip("the cluster lets in only its owner")
    file = write(tmp_path / "s.csv", HEADING + "A,MILK,1,,1,,,D1,\nB,MILK,1,,1,,,D1,\n")
    summary = db.summary("lots", file, "-U", "import_clerk", code=3)
    # It does not even see the other one.
    assert reasons(summary) == {3: 'no store has the code "B"'}
    assert on_hand(db) == {("A", "MILK"): 1}
    db.rows("delete from inventory.store_access")


def test_stock_rows_are_locked_in_their_order_whatever_that_of_the_purchases_is(db, tmp_path):
    db.summary("lots", write(tmp_path / "o.csv", HEADING + "A,MILK,1,,1,,,,\nA,EGGS,1,,1,,,,\n"))
    file = write(tmp_path / "l.csv", HEADING + "A,EGGS,1,,1,,,D1,\nA,MILK,1,,1,,,D2,\n")
    lock = "select from inventory.inventory_stock join inventory.products using (product_id) where sku = %s for update of inventory_stock nowait"
    other = psycopg2.connect(dbname=db.name)
    try:
        with other.cursor() as cursor:
            cursor.execute(lock, ("MILK",))
            importing = subprocess.Popen([STOCKCTL, "import", "lots", str(file), "-q", "-d", db.name])
            deadline = time.monotonic() + 60
            while not db.value(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%%_import_lots%%'"
            ):
                assert time.monotonic() < deadline, "the import does not wait"
                time.sleep(0.01)
            # Who goes in the order of the rows meets nobody who waits for them.
            cursor.execute(lock, ("EGGS",))
    finally:
        other.close()
    assert importing.wait(timeout=60) == 0
    assert on_hand(db) == {("A", "MILK"): 2, ("A", "EGGS"): 2}


def test_the_same_list_is_received_by_each_store_that_it_is_given(db, tmp_path):
    file = write(tmp_path / "l.csv", "sku,quantity,unit_cost\nMILK,2,1\n")
    for store in ("A", "B"):
        assert db.summary("lots", file, "--set", f"store={store}")["applied"] == 1
        assert db.summary("lots", file, "--set", f"store={store}")["alreadyApplied"] == 1
    assert on_hand(db) == {("A", "MILK"): 2, ("B", "MILK"): 2}


def test_stock_rows_are_made_before_the_first_purchase(db, tmp_path):
    """A purchase that waits for a stock row that somebody is making holds all that come before it, and none that come after."""
    file = write(tmp_path / "l.csv", HEADING + "A,EGGS,1,,1,,,D1,\nA,MILK,1,,1,,,D2,\n")
    making = psycopg2.connect(dbname=db.name)
    try:
        with making.cursor() as cursor:
            cursor.execute(
                "insert into inventory.inventory_stock (store_id, product_id) "
                "select s.store_id, p.product_id from inventory.stores as s, inventory.products as p where s.code = 'A' and p.sku = 'MILK'"
            )
            importing = subprocess.Popen([STOCKCTL, "import", "lots", str(file), "-q", "-d", db.name])
            deadline = time.monotonic() + 60
            while not db.value(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%%_import_lots%%'"
            ):
                assert time.monotonic() < deadline, "the import does not wait"
                time.sleep(0.01)
            # Were EGGS made already, this would wait for the import, which waits for us.
            # Sooner than the server would look for the deadlock and pick the import, which begins again.
            cursor.execute("set lock_timeout = '500ms'")
            cursor.execute(
                "insert into inventory.inventory_stock (store_id, product_id) "
                "select s.store_id, p.product_id from inventory.stores as s, inventory.products as p where s.code = 'A' and p.sku = 'EGGS'"
            )
    finally:
        making.close()
    assert importing.wait(timeout=60) == 0
    assert on_hand(db) == {("A", "MILK"): 1, ("A", "EGGS"): 1}
