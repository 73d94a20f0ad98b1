#!/usr/bin/env python3
"""Each rule of tidy_test.py, broken once in a small repository of its own."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import tidy_test


class TidyTest(unittest.TestCase):
    def violations(self, files):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            subprocess.run(["git", "init", "-q"], cwd=root, check=True)
            subprocess.run(["git", "add", "-A"], cwd=root, check=True)
            return list(tidy_test.check(root))

    def assert_violation(self, files, wanted):
        found = self.violations(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(wanted, found[0])

    def test_what_follows_the_rules_passes(self):
        self.assertEqual(
            self.violations(
                {
                    "src/base/CMakeLists.txt": "stockd_module(base SOURCES a.cpp)\n",
                    "src/cache/CMakeLists.txt": "stockd_module(cache SOURCES a.cpp LINKS base PRIVATE_LIBS web)\n",
                    "src/cache/a.cpp": '#include "base/a.hpp"\n#include "cache/b.hpp"\n',
                    "README.md": "# Title\n\n```\n# a comment in code\n```\n",
                }
            ),
            [],
        )

    def test_an_include_without_a_link_edge(self):
        files = {
            "src/web/CMakeLists.txt": "stockd_module(web SOURCES a.cpp)\n",
            "src/cache/CMakeLists.txt": "stockd_module(cache SOURCES a.cpp PRIVATE_LIBS web)\n",
            "src/cache/a.cpp": '#include "web/a.hpp"\n',
        }
        self.assert_violation(files, "src/cache/a.cpp:1: cache does not link to web")

    def test_lines(self):
        self.assert_violation({"a.cpp": "//" + "x" * 99 + "\n"}, "a.cpp:1: line of 101 columns")
        self.assertEqual(self.violations({"a.cpp": 'auto sql = R"(\n' + "x" * 150 + '\n)";\n'}), [])
        self.assert_violation({"a.cpp": 'auto sql = R"(x)";\n' + "x" * 150 + "\n"}, "a.cpp:2: line of 150")
        self.assert_violation({"a.cpp": "int a; \n"}, "blanks at the end")
        self.assert_violation({"a.cpp": "int a;  // TO" + "DO\n"}, "a leftover")
        self.assert_violation({"a.cpp": "int a;"}, "no line feed")

    def test_files(self):
        self.assert_violation({"a.cpp": "int a;\n" * 601}, "split it")
        self.assert_violation({"a.hpp": "int a();\n"}, "without #pragma once")

    def test_functions_of_the_database(self):
        self.assert_violation({"db/functions/a.sql": "create function a() returns void language sql as $$ $$;\n"}, "a.sql:1: a function without")
        self.assertEqual(self.violations({"db/functions/a.sql": "-- Does nothing.\ncreate function a()\n", "db/triggers/b.sql": "drop;\n"}), [])

    def test_markdown_titles(self):
        self.assert_violation({"a.md": "# One\n\n# Two\n"}, "a.md:3: a Markdown file has one title")
        self.assert_violation({"a.md": "text\n"}, "a.md:1:")


if __name__ == "__main__":
    unittest.main()
