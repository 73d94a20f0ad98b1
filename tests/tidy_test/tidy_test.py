#!/usr/bin/env python3
"""The repository's own rules, as a test: what no compiler and no formatter checks.

Width of lines, length of files, includes only along CMake's link edges, no leftovers, a head for each SQL function, one title per Markdown file.
usage: tidy_test.py [ROOT]; prints each violation as file:line: message, exit code 1 when there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

WIDTH = 100
# What no formatter breaks; prose has no width.
WIDTH_WIDE = 260
FILE_LINES = 600
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
RAW_BEGIN = re.compile(r'R"\w*\(')
RAW_END = re.compile(r'\)\w*"')
INCLUDE = re.compile(r'^\s*#include "([a-z_]+)/')
# app is where objects meet; everything may be included there.
MEETING_PLACE = "app"
MODULE = re.compile(r"stockd_module\(\s*(\w+)(.*?)\)", re.DOTALL)
KEYWORDS = {"SOURCES", "LINKS", "PUBLIC_LIBS", "PRIVATE_LIBS"}


def tracked(root):
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.splitlines() if (root / name).is_file()]


def link_edges(root):
    """Module -> the modules whose headers it may include, out of the CMake files."""
    edges = {}
    for path in sorted((root / "src").glob("*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", path.read_text())
        for name, body in MODULE.findall(text):
            links, inside = set(), False
            for word in body.split():
                if word in KEYWORDS:
                    inside = word == "LINKS"
                elif inside:
                    links.add(word)
            edges[name] = links | {name}
    return edges


def check_lines(path, lines):
    width = WIDTH if path.suffix in {".cpp", ".hpp"} else sys.maxsize if path.suffix == ".md" else WIDTH_WIDE
    in_raw_string = False
    for number, line in enumerate(lines, 1):
        # SQL and help texts inside raw strings keep their own width.
        begins, ends = RAW_BEGIN.search(line), RAW_END.search(line)
        free = in_raw_string or begins
        in_raw_string = (in_raw_string or bool(begins)) and not ends
        if len(line) > (WIDTH_WIDE if free else width) and "http" not in line:
            yield number, f"line of {len(line)} columns, at most {width}"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if LEFTOVERS.search(line) and path.parts[:2] != ("tests", "tidy_test") and path.name != ".clang-tidy":
            yield number, "a leftover: finish it or open an issue"


def check_includes(path, lines, edges):
    module = path.parts[1]
    if module == MEETING_PLACE or module not in edges:
        return
    for number, line in enumerate(lines, 1):
        included = INCLUDE.match(line)
        if included and included[1] in edges and included[1] not in edges[module]:
            yield number, f"{module} does not link to {included[1]} (src/{module}/CMakeLists.txt)"


def check_markdown(lines):
    """One title, on the first line; code blocks do not count."""
    in_code = False
    titles = []
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            in_code = not in_code
        elif not in_code and line.startswith("# "):
            titles.append(number)
    if titles != [1]:
        yield (titles[1] if len(titles) > 1 else 1), "a Markdown file has one title, on its first line"


def check(root):
    edges = link_edges(root)
    text_files = {".cpp", ".hpp", ".md", ".py", ".sh", ".sql", ".cmake", ".toml", ".service", ".spec"}
    for path in tracked(root):
        if path.suffix not in text_files and path.name not in {"CMakeLists.txt", "Makefile", "packages.txt"}:
            continue
        text = (root / path).read_text(encoding="utf-8")
        lines = text.split("\n")
        found = list(check_lines(path, lines))
        if text and not text.endswith("\n"):
            found.append((len(lines), "no line feed at the end of the file"))
        if path.suffix in {".cpp", ".hpp"}:
            if len(lines) > FILE_LINES:
                found.append((len(lines), f"a file of {len(lines)} lines, at most {FILE_LINES}: split it"))
            if path.parts[0] == "src" and len(path.parts) > 2:
                found += check_includes(path, lines, edges)
            if path.suffix == ".hpp" and "#pragma once" not in text:
                found.append((1, "a header without #pragma once"))
        if path.suffix == ".sql" and path.parts[:2] == ("db", "functions") and not text.startswith("-- "):
            found.append((1, "a function without a comment that says what it does, and what it returns, raises, reads, writes and locks"))
        if path.suffix == ".md":
            found += check_markdown(lines)
        for number, message in found:
            yield f"{path}:{number}: {message}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    violations = list(check(root))
    print("\n".join(violations), file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
