#!/usr/bin/env python3
"""Checks the Markdown files: one title each, links and paths that lead somewhere, the index of decisions, the code map of
ARCHITECTURE.md against the links of the modules; and that modules include only what they link.

usage: check_docs.py ROOT     exit 0: fine; 1: findings, one per line on stdout
"""
import pathlib
import re
import sys

FOLDERS = ("docs", "db", "packaging", "data", "bench", "examples", "tests")
FENCE = re.compile(r"^\s*```")
PATH = re.compile(r"`((?:tests|src|db|docs|scripts|packaging|data|bench|examples)/[\w./-]*)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def pages(root):
    yield from sorted(root.glob("*.md"))
    for folder in FOLDERS:
        yield from sorted((root / folder).rglob("*.md"))


def prose(text):
    """The lines outside of fenced code, with their numbers."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def check_page(root, page):
    name = page.relative_to(root)
    titles = 0
    for number, line in prose(page.read_text(encoding="utf-8")):
        titles += line.startswith("# ")
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if "://" in target or target.startswith(("#", "mailto:")):
                continue
            if not (page.parent / target.split("#")[0]).exists():
                yield f"{name}:{number}: the link leads nowhere: {target}"
        for path in PATH.findall(line):
            if not (root / path).exists():
                yield f"{name}:{number}: there is no {path}"
    if titles != 1:
        yield f"{name}: {titles} titles instead of one"


def check_decisions(root):
    index = root / "docs/decisions/README.md"
    text = index.read_text(encoding="utf-8")
    for decision in sorted(index.parent.glob("[0-9]*.md")):
        if f"]({decision.name})" not in text:
            yield f"docs/decisions/README.md: does not list {decision.name}"


def links_of_module(cmake):
    match = re.search(r"stockd_module\((.*?)\)", cmake.read_text(encoding="utf-8"), re.S)
    if match is None:
        return None
    words = match[1].split()
    if "LINKS" not in words:
        return set()
    links = set()
    for word in words[words.index("LINKS") + 1:]:
        if word.isupper():
            break
        links.add(word)
    return links


def check_code_map(root):
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `src/(\w+)` \|.*\|([^|]*)\|$", text, re.M))
    modules = {cmake.parent.name: cmake for cmake in (root / "src").glob("*/CMakeLists.txt")}
    for name in sorted(modules.keys() - rows.keys()):
        yield f"ARCHITECTURE.md: the code map lacks src/{name}"
    for name in sorted(rows.keys() - modules.keys()):
        yield f"ARCHITECTURE.md: the code map has src/{name}, which is no module"
    for name in sorted(modules.keys() & rows.keys()):
        said = {each.strip() for each in rows[name].split(",") if each.strip()}
        links = links_of_module(modules[name])
        if links is not None and said != links:
            yield f"ARCHITECTURE.md: src/{name} may include {', '.join(sorted(links))}; the code map says {', '.join(sorted(said))}"


def check_includes(root):
    """A module includes only what its CMakeLists.txt links (for app: the module or the program)."""
    modules = {cmake.parent.name: cmake for cmake in (root / "src").glob("*/CMakeLists.txt")}
    for name, cmake in sorted(modules.items()):
        allowed = (links_of_module(cmake) or set()) | set(re.findall(r"stockd::(\w+)", cmake.read_text(encoding="utf-8")))
        for source in sorted(cmake.parent.rglob("*.[ch]pp")):
            for included in re.findall(r'^#include "(\w+)/', source.read_text(encoding="utf-8"), re.M):
                if included in modules and included != name and included not in allowed:
                    yield f"{source.relative_to(root)}: includes {included}/, which {name} does not link"


def main(arguments):
    root = pathlib.Path(arguments[0]).resolve()
    findings = [finding for page in pages(root) for finding in check_page(root, page)]
    findings += check_decisions(root)
    findings += check_code_map(root)
    findings += check_includes(root)
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{len(list(pages(root)))} pages, no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
