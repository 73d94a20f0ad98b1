"""stockctl import mappings and recipes: definitions, which may be set again; a recipe comes whole or not at all."""

import csv
import threading

import psycopg2
import pytest
from import_support import Database, reasons, write


@pytest.fixture(name="db")
def fixture_db():
    with Database() as database:
        database.rows("insert into inventory.stores (code, name) values ('A', 'Shop A'), ('B', 'Shop B')")
        database.rows(
            "insert into inventory.products (sku, name, pieces_per_pack, packs_per_box) "
            "values ('BUTTER', 'Butter', 4, 10), ('FLOUR', 'Flour', 1, 1), ('CAKE', 'Cake', 1, 1), ('PIE', 'Pie', 1, 1)"
        )
        yield database


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
    assert (summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (2, 0, 3)
    assert reasons(summary) == dict.fromkeys((2, 4, 6), "lines 2 and 4 say different things of the same store, ingredient and unit")
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


RECIPES = "sku,ingredient,quantity,unit,yields\n"


def recipes(db):
    found = {}
    for sku, yields, name, quantity, unit in db.rows(
        "select p.sku, r.yields, i.ingredient_name, i.quantity::text, i.ingredient_unit from inventory.recipes as r "
        "join inventory.products as p using (product_id) left join inventory.recipe_ingredients as i using (product_id) order by i.place"
    ):
        found.setdefault((sku, yields), []).append((name, quantity, unit))
    return found


def test_the_lines_of_one_product_are_one_recipe_wherever_they_stand(db, tmp_path):
    file = write(
        tmp_path / "r.csv",
        RECIPES + 'CAKE,Butter,250,gram,8\nPIE,"Apple ""red""",0.1,piece,\nCAKE,Flour,0.333333333,cup,\nPIE,Butter,+05.50,gram,\nCAKE,Salt,.5,gram,8\n',
    )
    summary = db.summary("recipes", file, "--set", "actor=ana")
    assert (summary["lines"], summary["applied"], summary["alreadyApplied"], summary["rejected"]) == (5, 5, 0, 0)
    said = {
        ("CAKE", 8): [("Butter", "250", "gram"), ("Flour", "0.333333333", "cup"), ("Salt", "0.5", "gram")],
        ("PIE", 1): [('Apple "red"', "0.1", "piece"), ("Butter", "5.5", "gram")],
    }
    assert recipes(db) == said
    assert db.value("select distinct actor from inventory.recipes") == "ana"
    again = db.summary("recipes", file, "--set", "actor=ana")
    assert (again["applied"], again["alreadyApplied"]) == (0, 5)
    # A recipe is replaced as a whole.
    summary = db.summary("recipes", write(tmp_path / "s.csv", RECIPES + "CAKE,Butter,250,gram,8\n"))
    assert (summary["applied"], summary["alreadyApplied"]) == (1, 0)
    assert recipes(db)["CAKE", 8] == said["CAKE", 8][:1]
    again = db.summary("recipes", file)
    assert (again["applied"], again["alreadyApplied"]) == (3, 2)
    assert recipes(db) == said


def test_a_recipe_with_a_refused_line_is_refused_whole(db, tmp_path):
    old = write(tmp_path / "old.csv", RECIPES + "CAKE,Old,1,gram,\n")
    db.summary("recipes", old)
    file = write(
        tmp_path / "w.csv",
        RECIPES
        + "CAKE,Butter,250,gram,8\nPIE,Apple,1,piece,\nNONE,Butter,1,gram,\nCAKE,Flour,a lot,gram,\nNONE,Flour,1,gram,\nCAKE,Salt,1,,\n"
        + "BUTTER,Milk,1,litre,2\nBUTTER,Salt,1,gram,3\nFLOUR,Wheat,1,gram,\nFLOUR,Wheat,2,gram,\nFLOUR,Rye,0,gram,\n",
    )
    before = recipes(db)
    summary = db.summary("recipes", file, code=3)
    assert (summary["applied"], summary["rejected"]) == (1, 10)
    cake = 'the recipe of CAKE is refused: line 5: quantity: "a lot" is not a number'
    none = 'the recipe of NONE is refused: no product has the sku "NONE"'
    butter = "the recipe of BUTTER is refused: line 9: yields is 3, and another line says 2"
    flour = 'the recipe of FLOUR is refused: line 12: quantity: "0" is not above 0'
    assert reasons(summary) == {
        2: cake, 4: none, 5: 'quantity: "a lot" is not a number', 6: none, 7: "unit: is blank", 8: butter, 9: butter,
        10: flour, 11: flour, 12: 'quantity: "0" is not above 0',
    }
    assert recipes(db) == {**before, ("PIE", 1): [("Apple", "1", "piece")]}
    # Mended, the file of refused lines has whole recipes.
    text = (tmp_path / "w.rejects.csv").read_text(encoding="utf-8")
    mended = write(tmp_path / "mended.csv", text.replace("CAKE,Flour,a lot", "CAKE,Flour,500").replace("Salt,1,,", "Salt,1,gram,"))
    assert db.summary("recipes", mended, code=3)["applied"] == 3
    assert [name for name, _, _ in recipes(db)["CAKE", 8]] == ["Butter", "Flour", "Salt"]


def test_what_only_the_database_refuses_costs_the_recipe(db, tmp_path):
    lines = [f"CAKE,i{n},1,gram," for n in range(501)] + ["PIE,Salt,1,gram,", "PIE,Salt,2,gram,", "FLOUR,Wheat,1,gram,"]
    summary = db.summary("recipes", write(tmp_path / "d.csv", RECIPES + "\n".join(lines) + "\n"), code=3)
    assert (summary["applied"], summary["rejected"]) == (1, 503)
    assert summary["rejects"][0]["reason"].startswith("the recipe of CAKE is refused: ingredients are an array of 1 to 500 objects")
    with open(tmp_path / "d.rejects.csv", newline="", encoding="utf-8") as rejects:
        rows = list(csv.DictReader(rejects))
    assert [int(row["reject_line"]) for row in rows] == list(range(2, 505))
    assert rows[-1]["reject_reason"] == 'the recipe of PIE is refused: ingredient 2: "Salt" in gram is there already'
    assert set(recipes(db)) == {("FLOUR", 1)}


@pytest.mark.parametrize(
    ("line", "words"),
    [("CAKE,Salt,1", "3 columns instead of 5"), ('CAKE,"Salt,1,gram,', "a quoted field is not closed"), (",Salt,1,gram,", "sku: is blank")],
)
def test_a_line_of_which_nobody_knows_whose_it_is_stops_all(db, tmp_path, line, words):
    file = write(tmp_path / "n.csv", RECIPES + "PIE,Apple,1,piece,\n" + line + "\nCAKE,Butter,1,gram,\n")
    done = db.run("recipes", file)
    assert done.returncode == 2, done.stderr
    assert "line 3 cannot be read, so nobody knows which recipe lacks it: " + words in done.stderr
    assert "Nothing was applied." in done.stderr
    assert recipes(db) == {}
    assert not (tmp_path / "n.rejects.csv").exists()


def test_lines_may_be_left_out_of_recipes_by_rule_and_a_dry_run_changes_nothing(db, tmp_path):
    file = write(tmp_path / "d.csv", RECIPES + "CAKE,Butter,1,gram,\nCAKE,(serve cold),0,,\nNONE,Salt,1,gram,\n")
    arguments = ("recipes", file, "--rule", "ingredient=(*) -> skip=remarks")
    dry = db.summary(*arguments, "--dry-run", code=3)
    assert (dry["applied"], dry["rejected"], dry["skipped"]["remarks"]["lines"]) == (1, 1, 1)
    assert recipes(db) == {}
    assert db.summary(*arguments, code=3)["applied"] == 1
    assert set(recipes(db)) == {("CAKE", 1)}
