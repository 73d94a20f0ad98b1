#!/usr/bin/env python3
"""The check of the coverage page finds what it is for: each guard once, in a page made for it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_coverage.py"
HEAD = "# Coverage\n\n## 1. First\n\n| kind | name | state | ours | test |\n| --- | --- | --- | --- | --- |\n"
GOOD = "| function | `get()` | done | The same. | `tests/a_test.cpp`: a: one claim, in two parts |\n| field | `x\\|y` | later | A field. | |\n"


class CheckCoverage(unittest.TestCase):
    def check(self, rows, required="1\tfunction\tget()\n1\tfield\tx|y\n"):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "tests").mkdir()
            (root / "tests/a_test.cpp").write_text('TEST_CASE(\n    "a: one claim, "\n    "in two parts",\n    "[a]"\n) {}\n')
            (root / "page.md").write_text(HEAD + rows)
            (root / "required.txt").write_text(required)
            ran = subprocess.run([sys.executable, CHECK, root, root / "page.md", root / "required.txt"], capture_output=True, text=True)
            return ran.returncode, ran.stdout

    def test_a_complete_page_passes(self):
        self.assertEqual(self.check(GOOD), (0, "page.md: 2 rows, 1 done, 1 later, 0 none\n"))

    def test_a_missing_row_is_named(self):
        code, out = self.check(GOOD.splitlines()[0] + "\n")
        self.assertEqual(code, 1)
        self.assertIn("no row for field x|y of document 1", out)

    def test_a_test_file_that_does_not_exist_is_named(self):
        self.assertIn("no test file tests/b_test.cpp", self.check(GOOD.replace("a_test", "b_test"))[1])

    def test_a_file_outside_the_tests_is_no_test(self):
        self.assertIn("no test file page.md", self.check(GOOD.replace("tests/a_test.cpp", "page.md"))[1])

    def test_a_test_that_is_not_in_its_file_is_named(self):
        self.assertIn('has no test "a: one claim, in three parts"', self.check(GOOD.replace("two", "three"))[1])

    def test_done_without_a_test_is_refused(self):
        self.assertIn("is done and names no test", self.check(GOOD.replace("later", "done"))[1])

    def test_a_row_that_nobody_requires_is_refused(self):
        self.assertIn("is not required", self.check(GOOD, "1\tfunction\tget()\n")[1])

    def test_an_unknown_state_is_refused(self):
        self.assertIn("state 'soon'", self.check(GOOD.replace("later", "soon"))[1])

    def test_an_empty_page_is_refused(self):
        self.assertEqual(self.check("", "")[0], 1)


if __name__ == "__main__":
    unittest.main()
