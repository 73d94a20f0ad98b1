"""stockctl import mappings: definitions that may be set again, whose bad lines cost nothing but themselves."""

import csv
import threading

import psycopg2
import pytest
from import_support import Database


@pytest.fixture(name="db")
def fixture_db():
    with Database() as database:
        database.rows("insert into inventory.stores (code, name) values ('A', 'Shop A'), ('B', 'Shop B')")
        database.rows(
            "insert into inventory.products (sku, name, pieces_per_pack, packs_per_box) "
            "values ('BUTTER', 'Butter', 4, 10), ('FLOUR', 'Flour', 1, 1), ('CAKE', 'Cake', 1, 1), ('PIE', 'Pie', 1, 1)"
        )
        yield database


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def reasons(summary):
    return {reject["line"]: reject["reason"] for reject in summary["rejects"]}


def mappings(db):
    return {
        (store, name, unit): (sku, numerator, denominator)
        for store, name, unit, sku, numerator, denominator in db.rows(
            "select t.code, m.recipe_ingredient_name, m.recipe_ingredient_unit, p.sku, m.numerator, m.denominator "
            "from inventory.conversion_mappings as m join inventory.stores as t using (store_id) "
            "join inventory.products as p using (product_id)"
        )
    }


MAPPINGS = "store,ingredient,unit,sku,numerator,denominator,stock_unit,actor\n"


def test_mappings_are_set_and_the_same_again_is_said_to_be_so(db, tmp_path):
    file = write(tmp_path / "m.csv", MAPPINGS + "A,Butter,gram,BUTTER,1,250,pack,ana\nB,Butter,gram,BUTTER,1,1000,,\nA,Flour,cup,FLOUR,2,,,\n")
    summary = db.summary("mappings", file)
    assert (summary["lines"], summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (3, 3, 0, 0)
    said = {
        ("A", "Butter", "gram"): ("BUTTER", 2, 125),  # A pack is four pieces.
        ("B", "Butter", "gram"): ("BUTTER", 1, 1000),
        ("A", "Flour", "cup"): ("FLOUR", 2, 1),
    }
    assert mappings(db) == said
    assert db.value("select actor from inventory.conversion_mappings where denominator = 125") == "ana"
    again = db.summary("mappings", file)
    assert (again["applied"], again["alreadyApplied"]) == (0, 3)
    assert "0 of 3 lines applied" in db.run("mappings", file).stderr
    assert mappings(db) == said
    # Not by the file that was seen: by what is so.
    db.rows("update inventory.conversion_mappings set denominator = 7 where denominator = 1000")
    again = db.summary("mappings", file)
    assert (again["applied"], again["alreadyApplied"]) == (1, 2)
    assert mappings(db) == said


def test_a_ratio_is_an_exact_fraction(db, tmp_path):
    file = write(
        tmp_path / "r.csv",
        "Shop;What;In;Code;Takes\nA;a;g;FLOUR;0.004\nA;b;g;FLOUR;1/3\nA;c;g;FLOUR;.5\nA;d;g;FLOUR;12.50\nA;e;g;FLOUR;1000000\n"
        "A;f;g;FLOUR;0.3333333\nA;g;g;FLOUR;0\nA;h;g;FLOUR;1e-3\nA;i;g;FLOUR;\nA;j;g;FLOUR;1/0\n",
    )
    arguments = (file, "--delimiter", ";", "--map", "store=Shop,ingredient=What,unit=In,sku=Code,ratio=Takes")
    summary = db.summary("mappings", *arguments, code=3)
    assert {name: ratio[1:] for (_, name, _), ratio in mappings(db).items()} == {
        "a": (1, 250), "b": (1, 3), "c": (1, 2), "d": (25, 2), "e": (1000000, 1),
    }
    assert reasons(summary) == {
        7: 'Takes: "0.3333333" is no fraction of whole numbers up to 1000000; a third is 1/3',
        8: 'Takes: "0" is not above 0',
        9: 'Takes: "1e-3" is not a number',
        10: "Takes: is blank",
        11: 'Takes: "1/0" is not a fraction of whole numbers above 0',
    }


def test_a_bad_mapping_costs_its_line_only(db, tmp_path):
    good = [f"A,i{n},g,FLOUR,1,{n},," for n in range(1, 61)]
    bad = {
        7: "Q,x,g,FLOUR,1,1,,", 23: "A,x,g,NONE,1,1,,", 24: "A,y,g,FLOUR,1,1,crate,", 40: "A,z,g,FLOUR,1000001,1,,",
        41: "A,,g,FLOUR,1,1,,", 42: "A,x,g",
    }  # fmt: skip
    lines = list(good)
    for place, line in sorted(bad.items()):
        lines.insert(place - 2, line)
    file = write(tmp_path / "b.csv", MAPPINGS + "\n".join(lines) + "\n")
    summary = db.summary("mappings", file, "--batch-lines", "16", code=3)
    assert (summary["applied"], summary["rejected"]) == (60, 6)
    assert reasons(summary) == {
        7: 'no store has the code "Q"',
        23: 'no product has the sku "NONE"',
        24: 'FLOUR has no unit "crate"',
        40: "numerator and denominator are whole numbers from 1 to 1000000",
        41: "ingredient: is blank",
        42: "3 columns instead of 8",
    }
    assert len(mappings(db)) == 60
    with open(tmp_path / "b.rejects.csv", newline="", encoding="utf-8") as rejects:
        rows = list(csv.DictReader(rejects))
    assert [int(row["reject_line"]) for row in rows] == sorted(bad)
    mended = write(tmp_path / "mended.csv", (tmp_path / "b.rejects.csv").read_text(encoding="utf-8").replace("NONE", "FLOUR"))
    assert db.summary("mappings", mended, code=3)["applied"] == 1


def test_lines_that_contradict_each_other_are_refused_both(db, tmp_path):
    file = write(tmp_path / "c.csv", MAPPINGS + "A,x,g,FLOUR,1,2,,\nA,y,g,FLOUR,1,2,,\nA,x,g,FLOUR,1,3,,\nA,y,g,FLOUR,1,2,,bob\nA,x,g,FLOUR,1,4,,\n")
    summary = db.summary("mappings", file, code=3)
    assert (summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (1, 1, 3)
    assert reasons(summary) == {
        2: "line 4 says something else of the same store, ingredient and unit",
        4: "line 2 says something else of the same store, ingredient and unit",
        6: "line 2 says something else of the same store, ingredient and unit",
    }
    assert set(mappings(db)) == {("A", "y", "g")}


def test_a_dry_run_of_mappings_asks_the_database_and_changes_nothing(db, tmp_path):
    file = write(tmp_path / "d.csv", MAPPINGS + "A,x,g,FLOUR,1,2,,\nA,y,g,FLOUR,1,2,crate,\n")
    summary = db.summary("mappings", file, "--dry-run", code=3)
    assert (summary["applied"], summary["rejected"], summary["rejectsFile"]) == (1, 1, None)
    assert reasons(summary) == {3: 'FLOUR has no unit "crate"'}
    assert mappings(db) == {}
    assert db.value("select count(*) from inventory.imports") == 0


def test_mappings_need_their_columns(db, tmp_path):
    for heading, words in (
        ("store,ingredient,unit,sku", "nothing says what the numerator is"),
        ("store,ingredient,unit,numerator", "nothing says what the sku is"),
        ("store,ingredient,unit,sku,ratio,denominator", "both a ratio and a numerator or denominator are given"),
    ):
        done = db.run("mappings", write(tmp_path / "h.csv", heading + "\n"))
        assert done.returncode == 2 and words in done.stderr, done.stderr
    assert db.run("mappings", write(tmp_path / "h.csv", MAPPINGS), "--create-missing").returncode == 2


def test_several_imports_of_mappings_at_once_end_as_one(db, tmp_path):
    lines = [f"A,i{n},g,FLOUR,1,{n}" for n in range(1, 401)]
    files = [
        write(tmp_path / f"{n}.csv", "store,ingredient,unit,sku,numerator,denominator\n" + "\n".join(order) + "\n")
        for n, order in enumerate((lines, list(reversed(lines))))
    ]
    results = []
    threads = [
        threading.Thread(target=lambda file=file: results.append(db.run("mappings", file, "--batch-lines", "50")))
        for file in files
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.returncode for done in results] == [0, 0], [done.stderr for done in results]
    assert len(mappings(db)) == 400


def test_a_login_of_some_stores_defines_for_those_only(db, tmp_path):
    db.rows("drop role if exists import_cook; create role import_cook login in role inventory_writer")
    store_id = db.value("select store_id from inventory.stores where code = 'A'")
    db.rows("insert into inventory.store_access (login, store_id) values ('import_cook', %s)", store_id)
    try:
        psycopg2.connect(dbname=db.name, user="import_cook").close()
    except psycopg2.OperationalError:
        pytest.skip("the cluster lets in only its owner")
    file = write(tmp_path / "s.csv", MAPPINGS + "A,x,g,FLOUR,1,2,,\nB,x,g,FLOUR,1,2,,\n")
    summary = db.summary("mappings", file, "-U", "import_cook", code=3)
    assert reasons(summary) == {3: 'the login "import_cook" may not use the store "B"'}
    assert mappings(db) == {("A", "x", "g"): ("FLOUR", 1, 2)}
    assert db.summary("mappings", file, "-U", "import_cook", code=3)["alreadyApplied"] == 1
    db.rows("delete from inventory.store_access")
