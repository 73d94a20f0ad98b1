"""Bad CSV input through the built stockctl: a clear sentence each, nothing lost, nothing half done."""

import gzip
import os

import pytest
from import_support import Database

HEADING = "store,sku,quantity\n"


@pytest.fixture(name="db", scope="module")
def fixture_db():
    with Database() as database:
        database.rows("insert into inventory.stores (code, name) values ('A', 'Shop A')")
        database.rows("insert into inventory.products (sku, name) values ('X', 'Ex')")
        yield database


def write(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run(db, file, *arguments, kind="purchase"):
    return db.run("movements", file, "--kind", kind, *arguments)


def failure(db, file, *arguments, kind="purchase"):
    """The sentence of an import that did nothing at all."""
    before = db.value("select count(*) from inventory.stock_ledger")
    done = run(db, file, *arguments, kind=kind)
    assert done.returncode in (1, 2), (done.returncode, done.stderr)
    assert db.value("select count(*) from inventory.stock_ledger") == before
    assert done.stderr.count("\n") <= 4, done.stderr
    return done.stderr


def rejects(db, file, *arguments):
    """Reasons by line; every other line is applied."""
    before = db.value("select count(*) from inventory.stock_ledger")
    summary = db.summary("movements", file, "--kind", "purchase", *arguments, code=3)
    assert summary["lines"] == summary["applied"] + summary["rejected"]
    assert db.value("select count(*) from inventory.stock_ledger") == before + summary["applied"]
    return {reject["line"]: reject["reason"] for reject in summary["rejects"]}


def test_missing_file(db, tmp_path):
    assert "none.csv: No such file" in failure(db, tmp_path / "none.csv")


def test_directory_instead_of_file(db, tmp_path):
    assert "is a directory, not a file" in failure(db, tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(db, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is not a regular file" in failure(db, tmp_path / "pipe.csv")


def test_empty_file(db, tmp_path):
    assert "is empty: it has not even a heading" in failure(db, write(tmp_path / "e.csv", ""))
    assert "is empty" in failure(db, write(tmp_path / "n.csv", "\n\r\n\n"))


def test_heading_only(db, tmp_path):
    summary = db.summary("movements", write(tmp_path / "h.csv", HEADING), "--kind", "purchase")
    assert (summary["lines"], summary["applied"]) == (0, 0)


def test_wrong_columns(db, tmp_path):
    text = failure(db, write(tmp_path / "w.csv", "shop,article,n\nA,X,1\n"))
    assert "nothing says what the store is" in text and "--map store=COLUMN" in text
    text = failure(db, write(tmp_path / "w.csv", "shop,sku,quantity\nA,X,1\n"), "--map", "store=Shop")
    assert 'the file has no column "Shop"' in text and "It has: shop, sku, quantity." in text
    text = failure(db, write(tmp_path / "w.csv", "store,sku,quantity,q,q\nA,X,1,1,1\n"), "--map", "quantity=q")
    assert 'the column "q" twice' in text
    text = failure(db, write(tmp_path / "w.csv", "store,sku,quantity,quantity\nA,X,1,2\n"))
    assert 'the column "quantity" twice' in text and "Rename one" in text


def test_a_currency_is_three_capital_letters(db, tmp_path):
    file = write(tmp_path / "s.csv", "code,name,currency\nC1,One,euro\nC2,Two,EUR\nC3,Three,\nC4,Four,€€€\n")
    summary = db.summary("stores", file, code=3)
    assert {reject["line"]: reject["reason"] for reject in summary["rejects"]} == {
        2: 'currency: "euro" is no currency code of three capital letters, like EUR',
        5: 'currency: "€€€" is no currency code of three capital letters, like EUR',
    }


def test_unknown_field_kind_rule_and_encoding(db, tmp_path):
    file = write(tmp_path / "f.csv", HEADING + "A,X,1\n")
    assert '"colour" is no field of movements' in failure(db, file, "--map", "colour=sku")
    assert '"nonsense" is no rule' in failure(db, file, "--rule", "nonsense")
    assert '"ebcdic" is no encoding' in failure(db, file, "--encoding", "ebcdic")
    assert '"Mars/Base" is no time zone' in failure(db, file, "--time-zone", "Mars/Base")
    refused = 'kind: "theft" is no kind of movement that can be imported'
    assert refused in failure(db, file, kind="theft")
    assert refused in failure(db, file, "--rule", "sku=X -> kind=theft")
    assert 'occurred_at: "soon" is' in failure(db, file, "--set", "occurred_at=soon")
    found = rejects(db, write(tmp_path / "k.csv", "store,sku,quantity,kind\nA,X,1,reservation\nA,X,1,theft\n"), "--map", "kind=kind")
    assert found == {
        2: 'kind: "reservation" is no kind of movement that can be imported',
        3: refused,
    }


def test_bad_numbers_and_overflow(db, tmp_path):
    lines = ["A,X,abc", "A,X,1.5", "A,X,", "A,X,0", "A,X,9223372036854775808", "A,X,1e3", "A,X,--1", "A,X,3.000"]
    assert rejects(db, write(tmp_path / "n.csv", HEADING + "\n".join(lines) + "\n")) == {
        2: 'quantity: "abc" is not a number',
        3: 'quantity: "1.5" is not a whole number',
        4: "quantity: is blank",
        5: "quantity: is zero, so nothing would move",
        6: 'quantity: "9223372036854775808" does not fit in 64 bits',
        7: 'quantity: "1e3" is not a number',
        8: 'quantity: "--1" is not a number',
    }


def test_balances_that_leave_bigint_are_refused_by_line(db, tmp_path):
    db.rows("insert into inventory.products (sku, name) values ('HUGE', 'Huge')")
    text = HEADING + "A,HUGE,9223372036854775807\nA,HUGE,1\nA,HUGE,-7\nA,HUGE,7\n"
    found = rejects(db, write(tmp_path / "h.csv", text))
    assert found == {3: "quantity 1 would bring on_hand out of the range of bigint"}
    db.check_exact()


def test_unknown_store_and_sku(db, tmp_path):
    assert rejects(db, write(tmp_path / "u.csv", HEADING + "Q,X,1\nA,Q,1\n,X,1\nA,,1\nA,X,1\n")) == {
        2: 'no store has the code "Q"',
        3: 'no product has the sku "Q"',
        4: "store: is blank",
        5: "sku: is blank",
    }


def test_bad_times(db, tmp_path):
    text = "store,sku,quantity,occurred_at\nA,X,1,2024-02-30\nA,X,1,01/02/2024\nA,X,1,2024-02-29 24:00\nA,X,1,2024-02-29 23:59:59.5+01\n"
    found = rejects(db, write(tmp_path / "t.csv", text))
    assert set(found) == {2, 3, 4} and all("is not a date" in reason for reason in found.values())


def test_broken_quotes_cost_their_line_only(db, tmp_path):
    text = HEADING + 'A,X,1\nA,"X,1\n"A"B,X,1\nA,X"Y,1\nA,"X",2\n'
    assert rejects(db, write(tmp_path / "q.csv", text)) == {
        3: "text after the closing quote of a field",
        4: "text after the closing quote of a field",
        5: "a quote inside a field that does not begin with one",
    }


def test_wrong_number_of_columns(db, tmp_path):
    assert rejects(db, write(tmp_path / "c.csv", HEADING + "A,X\nA,X,1,1\nA,X,1\n")) == {
        2: "2 columns instead of 3",
        3: "4 columns instead of 3",
    }


def test_wrong_encoding(db, tmp_path):
    content = b"store,sku,quantity,reason\nA,X,1,caf\xe9\nA,X,1,ok\n"
    found = rejects(db, write(tmp_path / "l.csv", content))
    assert found == {2: "byte 0xE9 in column 4 is not UTF-8 (is the file latin1 or windows-1252?)"}
    db.summary("movements", tmp_path / "l.csv", "--kind", "purchase", "--encoding", "latin1")
    assert db.value("select count(*) from inventory.stock_ledger where reason = 'café'") == 1
    assert "UTF-16" in failure(db, write(tmp_path / "u16.csv", (HEADING + "A,X,1\n").encode("utf-16")))


def test_zero_bytes_and_control_characters(db, tmp_path):
    assert rejects(db, write(tmp_path / "z.csv", HEADING.encode() + b"A,X\0,1\nA,X,1\n")) == {2: "a zero byte"}
    assert failure(db, write(tmp_path / "zh.csv", b"store\0,sku,quantity\nA,X,1\n"))


def test_crlf_bom_and_no_last_line_end_are_fine(db, tmp_path):
    content = b"\xef\xbb\xbfstore,sku,quantity\r\nA,X,1\r\nA,X,2"
    assert db.summary("movements", write(tmp_path / "c.csv", content), "--kind", "purchase")["applied"] == 2


def test_truncated_and_damaged_gzip_import_nothing(db, tmp_path):
    whole = gzip.compress((HEADING + "A,X,1\n" * 50000).encode())
    assert "ends in the middle of its compressed data" in failure(db, write(tmp_path / "t.csv.gz", whole[:-20]))
    assert "ends in the middle" in failure(db, write(tmp_path / "h.csv.gz", whole[:5]))
    damaged = bytearray(whole)
    damaged[-6] ^= 0xFF
    assert "the compressed data are damaged" in failure(db, write(tmp_path / "d.csv.gz", bytes(damaged)))
    assert failure(db, write(tmp_path / "b.csv.gz", b"\x1f\x8b" + b"garbage" * 10))


def test_too_long_values(db, tmp_path):
    found = rejects(db, write(tmp_path / "l.csv", HEADING + "A," + "X" * 300 + ",1\nA," + "é" * 2_000_000 + ",1\nA,X,1\n"))
    assert found == {2: "sku: longer than 200 characters", 3: "longer than 1048576 bytes"}


def test_what_only_the_database_refuses_costs_its_line(db, tmp_path):
    text = "store,sku,quantity,occurred_at\nA,X,1,2024-01-01\nA,X,1,2024-01-01 10:00+14:59\nA,X,2,2024-01-02\n"
    db.rows("alter table inventory.import_staging add constraint test_ck check (quantity <> 13)")
    found = rejects(db, write(tmp_path / "d.csv", HEADING + "A,X,1\nA,X,13\nA,X,2\nA,X,13\nA,X,3\n"))
    db.rows("alter table inventory.import_staging drop constraint test_ck")
    assert set(found) == {3, 5} and "test_ck" in found[3]
    assert db.run("movements", write(tmp_path / "z.csv", text), "--kind", "purchase").returncode in (0, 3)
    db.check_exact()


def test_wrong_usage(db, tmp_path):
    assert db.run("movements").returncode == 2
    assert db.run("dishes", tmp_path / "x.csv").returncode == 2
    assert db.run("sample", tmp_path).returncode == 1
    done = db.run("movements", write(tmp_path / "x.csv", HEADING + "A,X,1\n"), "--kind", "purchase", "--host", tmp_path)
    assert done.returncode == 11, done.stderr
