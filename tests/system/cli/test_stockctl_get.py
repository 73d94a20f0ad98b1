"""stockctl get: stockd's answer and the database's, which are the same."""

import json


def test_the_database_shows_products_and_names_the_unknown(shop):
    done = shop.stockctl("get", "A1", "nope", "--db")
    assert done.returncode == 3
    assert "A1  Apple\n  available 100 (4 boxes, 4 pieces), on hand 100, reserved 0" in done.stdout
    assert done.stderr == 'stockctl: Unknown product "nope"\n'
    assert shop.stockctl("get", "nope", "--db").returncode == 1
    assert shop.stockctl("get", "A1", "--db", "--store", "nowhere").returncode == 1


def test_without_stockd_it_is_10_and_says_how_to_start_it(shop):
    done = shop.stockctl("get", "A1")
    assert done.returncode == 10
    assert "cannot be reached" in done.stderr
    assert "stockd --database-url" in done.stderr


def test_stockd_and_the_database_answer_the_same(followed):
    followed.sell(3)
    ticket = followed.sell(4, store="PAR")
    for arguments in (["A1", "B/2", "cache", "nope"], ["A1", "--store", "PAR"], ["B/2"], ["A1", "A1"]):
        code = 3 if "nope" in arguments else 0
        from_stockd = followed.stockctl.json("get", *arguments, "--ticket", ticket, code=code)
        from_database = followed.stockctl.json("get", *arguments, "--db", code=code)
        assert from_stockd == from_database
    assert from_stockd["products"]["A1"]["totalPieces"] == 93


def test_a_ticket_makes_a_read_see_its_own_write(followed):
    for quantity in range(1, 10):
        ticket = followed.sell(1)
        product = followed.stockctl.json("get", "A1", "--store", "LON", "--ticket", ticket)["products"]["A1"]
        assert product["totalPieces"] == 50 - quantity


def test_a_ticket_from_the_future_is_2(followed):
    ticket = int(followed.value("select inventory.ticket()")) + 1_000_000
    done = followed.stockctl("get", "A1", "--ticket", str(ticket))
    assert done.returncode == 2
    assert done.stderr.startswith("stockctl: ")


def test_many_products_need_several_requests_and_come_whole(followed):
    followed.execute("insert into inventory.products (sku, name) select 'many-' || n || repeat('x', 100), 'x' from generate_series(1, 200) as n")
    ticket = followed.value("select inventory.ticket()")
    skus = [row[0] for row in followed.execute("select sku from inventory.products where sku like 'many%%' order by product_id")]
    done = followed.stockctl("get", *skus, "--ticket", ticket, "--json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["products"]) == skus
