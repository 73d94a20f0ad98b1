#!/usr/bin/env python3
"""The check of the documents finds what it is for: each guard once, in a small tree made for it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_docs.py"
MAP = "# Architecture\n\n| `src/base` | Ground. | |\n| `src/web` | HTTP. | base |\n"


class CheckDocs(unittest.TestCase):
    def check(self, **changes):
        files = {
            "ARCHITECTURE.md": MAP,
            "docs/page.md": "# Page\n\n[up](../ARCHITECTURE.md)\n\n```\n# no title\n[no](link.md)\n```\n",
            "docs/decisions/README.md": "# Decisions\n\n[one](0001-one.md)\n",
            "docs/decisions/0001-one.md": "# One\n",
            "src/base/CMakeLists.txt": "stockd_module(base SOURCES a.cpp)\n",
            "src/web/CMakeLists.txt": "stockd_module(web SOURCES b.cpp LINKS base)\n",
            "src/web/b.cpp": '#include "base/a.hpp"\n',
        }
        files.update({name.replace("__", "/").replace("_dot_", "."): text for name, text in changes.items()})
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            ran = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
            return ran.returncode, ran.stdout

    def test_a_good_tree_passes(self):
        self.assertEqual(self.check(), (0, "4 pages, no findings\n"))

    def test_a_second_title_is_found(self):
        self.assertIn("docs/page.md: 2 titles", self.check(docs__page_dot_md="# A\n\n# B\n")[1])

    def test_a_dead_link_is_found(self):
        code, out = self.check(docs__page_dot_md="# A\n\n[x](gone.md#there)\n")
        self.assertEqual(code, 1)
        self.assertIn("docs/page.md:3: the link leads nowhere: gone.md#there", out)

    def test_a_path_that_is_not_there_is_found(self):
        self.assertIn("docs/page.md:3: there is no src/gone.hpp", self.check(docs__page_dot_md="# A\n\n`src/gone.hpp`\n")[1])

    def test_a_decision_outside_the_index_is_found(self):
        self.assertIn("does not list 0002-two.md", self.check(**{"docs/decisions/0002-two.md": "# Two\n"})[1])

    def test_a_module_outside_the_code_map_is_found(self):
        out = self.check(**{"src/pg/CMakeLists.txt": "stockd_module(pg SOURCES c.cpp)\n"})[1]
        self.assertIn("the code map lacks src/pg", out)

    def test_a_link_that_the_code_map_does_not_say_is_found(self):
        out = self.check(ARCHITECTURE_dot_md=MAP.replace("| base |", "| |"))[1]
        self.assertIn("src/web may include base; the code map says ", out)

    def test_an_include_of_a_module_that_is_not_linked_is_found(self):
        out = self.check(**{"src/base/a.cpp": '#include "web/b.hpp"\n'})[1]
        self.assertIn("src/base/a.cpp: includes web/, which base does not link", out)


if __name__ == "__main__":
    unittest.main()
