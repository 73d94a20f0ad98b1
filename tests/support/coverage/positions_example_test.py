#!/usr/bin/env python3
"""Runs the worked example of docs/explanation/positions.md as it stands there, against the database that psql's variables
name, and compares what it prints with the page (but for ids and times).

usage: positions_example_test.py ROOT
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop()).resolve()
PSQL = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-P", "footer=off"]


def fences(text):
    """(language, body) of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)


def plain(table):
    """The cells of a printed table without ids, numbers of transactions and widths."""
    lines = [line for line in table.splitlines() if line.strip() and not line.startswith("-")]
    return [[re.sub(r"^\d{3,}$", "N", cell.strip()) for cell in line.split("|")] for line in lines]


class Example(unittest.TestCase):
    def psql(self, sql, folder):
        ran = subprocess.run(PSQL, input=sql, cwd=folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def test_the_worked_example_runs_and_prints_what_the_page_says(self):
        text = (ROOT / "docs/explanation/positions.md").read_text(encoding="utf-8")
        example = fences(text[text.index("## Following the feed from psql"):])
        sql = [body for language, body in example if language == "sql"]
        shown = [body for language, body in example if language == ""]
        shop, start, follow, second, change = sql
        position, first_step, second_step, copy, refusal = shown
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "follow.sql").write_text(follow)
            self.psql(shop, folder)
            self.assertRegex(self.psql(start, folder), r"s1\.[0-9a-f]{16}\.\d+\.\d+\.\d+:\d+:")
            self.assertRegex(position, r"s1\.[0-9a-f]{16}\.\d+\.\d+\.\d+:\d+:")

            other = subprocess.Popen(PSQL, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            other.stdin.write(second + "\\echo open\n")
            other.stdin.flush()
            self.assertEqual(other.stdout.readline(), "open\n")
            self.assertEqual(plain(self.psql(change, folder)), plain(first_step))
            other.communicate("commit;\n", timeout=60)
            self.assertEqual(other.returncode, 0)
            self.assertEqual(plain(self.psql("\\i follow.sql\n", folder)), plain(second_step))
            self.assertEqual(len(plain(self.psql("\\i follow.sql\n", folder))), 1, "a third step gives no rows")
            made = self.psql("select store, sku, on_hand, version from mine.copy order by store, sku", folder)
            self.assertEqual(plain(made), plain(copy))

            def follow_and_compare(change):
                self.psql(change + "\\i follow.sql\n", folder)
                self.assertEqual(self.psql(
                    """
                    with truth as (
                        select s.code, p.sku, i.on_hand, i.version
                        from inventory.inventory_stock as i
                        join inventory.stores as s using (store_id)
                        join inventory.products as p using (product_id)
                    ), held as (select * from mine.copy where on_hand <> 0)
                    (select * from held except select * from truth) union all (select * from truth except select * from held)
                    """ + "\\g (tuples_only)", folder).strip(), "")

            follow_and_compare(
                "update inventory.products set sku = 'COLA2' where sku = 'COLA';"
                "update inventory.inventory_stock set on_hand = 1 where store_id = 1 and product_id = 1;")
            follow_and_compare("delete from inventory.inventory_stock where store_id = 2 and product_id = 2;")
            self.assertEqual(self.psql("select on_hand from mine.copy where store = 'south' and sku = 'TEA' \\g (tuples_only)", folder).strip(), "0")
            # The codes of what is gone are null in the movements before.
            follow_and_compare("delete from inventory.inventory_stock where product_id = 2; delete from inventory.products where sku = 'TEA';")
            follow_and_compare(
                "update inventory.products set sku = 'TEA' where sku = 'COLA2'; update inventory.stores set code = 'east' where code = 'south';"
                "insert into inventory.products (sku, name) values ('COLA', 'Other');"
                "insert into inventory.inventory_stock (store_id, product_id, on_hand) select 1, product_id, 3 from inventory.products where sku = 'COLA';")
            self.assertEqual(len(plain(self.psql("\\i follow.sql\n", folder))), 1, "and nothing is left to read")

            foreign = subprocess.run(
                PSQL, input="select * from inventory.feed_after('s1.0123456789abcdef.0.0.1:1:');",
                capture_output=True, text=True, timeout=60)
            for said in refusal.splitlines()[::2]:
                self.assertIn(said.split(":", 1)[1].strip(), foreign.stderr)


if __name__ == "__main__":
    unittest.main()
