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

            foreign = subprocess.run(
                PSQL, input="select * from inventory.feed_after('s1.0123456789abcdef.0.0.1:1:');",
                capture_output=True, text=True, timeout=60)
            for said in refusal.splitlines()[::2]:
                self.assertIn(said.split(":", 1)[1].strip(), foreign.stderr)


if __name__ == "__main__":
    unittest.main()
