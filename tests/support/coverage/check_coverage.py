#!/usr/bin/env python3
"""Checks docs/reference/coverage.md: a row for every required name, and every test that it names exists.

usage: check_coverage.py ROOT [PAGE] [REQUIRED]     exit 0: fine; 1: findings, one per line on stdout
"""
import pathlib
import re
import sys

STATES = ("done", "later", "none")
COLUMNS = ["kind", "name", "state", "ours", "test"]
TEST = re.compile(r"^`(?P<path>[^`]+)`: (?P<name>.+)$")


def read_required(path):
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            document, kind, name = line.split("\t")
            names.append((document, kind, name))
    return names


def cells_of(line):
    """The cells of a table row; a vertical bar inside a cell is written \\|."""
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return [cell.strip().replace("\\|", "|") for cell in cells]


def read_rows(path, findings):
    rows = {}
    document = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if heading := re.match(r"## (\d+)\. ", line):
            document = heading[1]
        if document is None or not line.startswith("|") or line.startswith("| ---"):
            continue
        cells = cells_of(line)
        if cells == COLUMNS:
            continue
        if len(cells) != len(COLUMNS):
            findings.append(f"line {number}: {len(cells)} cells instead of {len(COLUMNS)}")
            continue
        kind, name, state, ours, test = cells
        key = (document, kind, name.strip("`"))
        if key in rows:
            findings.append(f"line {number}: a second row for {name}")
        rows[key] = (number, state, ours, test)
    return rows


def text_of(path, cache={}):
    """A file's text with white space evened out and string literals that follow each other joined."""
    if path not in cache:
        text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
        cache[path] = re.sub(r'(?<!\\)" "', "", text)
    return cache[path]


def check_row(root, key, row):
    number, state, ours, test = row
    where = f"line {number}: {key[2]}"
    if state not in STATES:
        return [f"{where}: state '{state}' is none of {', '.join(STATES)}"]
    if len(ours) < 3:
        return [f"{where}: says nothing of what is ours"]
    if state != "done":
        return [f"{where}: is {state} and names a test"] if test else []
    if not test:
        return [f"{where}: is done and names no test"]
    findings = []
    for reference in test.split("<br>"):
        match = TEST.match(reference.strip())
        if match is None:
            findings.append(f"{where}: not `file`: name of a test: {reference}")
            continue
        path = root / match["path"]
        if not path.is_file() or not match["path"].startswith("tests/"):
            findings.append(f"{where}: there is no test file {match['path']}")
        elif re.sub(r"\s+", " ", match["name"]) not in text_of(path):
            findings.append(f"{where}: {match['path']} has no test \"{match['name']}\"")
    return findings


def main(arguments):
    root = pathlib.Path(arguments[0])
    page = pathlib.Path(arguments[1]) if len(arguments) > 1 else root / "docs/reference/coverage.md"
    here = pathlib.Path(__file__).resolve().parent
    required = read_required(pathlib.Path(arguments[2]) if len(arguments) > 2 else here / "required.txt")
    findings = []
    rows = read_rows(page, findings)
    for key in required:
        if key not in rows:
            findings.append(f"no row for {key[1]} {key[2]} of document {key[0]}")
    for key, row in rows.items():
        if key not in set(required):
            findings.append(f"line {row[0]}: {key[1]} {key[2]} is not required by document {key[0]}")
        findings.extend(check_row(root, key, row))
    for finding in findings:
        print(f"{page.name}: {finding}")
    if not required or not rows:
        print(f"{page.name}: nothing to check")
        return 1
    if not findings:
        counts = {state: sum(row[1] == state for row in rows.values()) for state in STATES}
        print(f"{page.name}: {len(rows)} rows, " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
