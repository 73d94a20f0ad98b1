#!/usr/bin/python3
"""Measures claims against their peers: a table, and bench/results.json.

    run.py --bin build/release/bin              every claim (an hour or so)
    run.py --bin build/release/bin reads start  some
    run.py --check                              the last results against the kept baseline: what got worse
    run.py --keep                               makes the last results the baseline
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results.json")
BASELINE = os.path.join(HERE, "baseline.json")
TOLERANCE = 0.2
# An ordinary cloud disk.
SLOW_FLUSH_US = 1000

# An ordinary server: durable commits, room for the write-ahead log between two checkpoints.
SERVER = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "max_connections": "200", "shared_buffers": "1GB",
    "max_wal_size": "8GB", "checkpoint_timeout": "30min", "autovacuum_naptime": "60s",
}
CLAIMS = ["writes", "writes_slow_flush", "latency", "reads", "start", "growth", "followers", "import", "engine", "engine_growth", "views"]


def first_line(path, key):
    with open(path) as lines:
        for line in lines:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return "?"


def machine():
    version = subprocess.run(["psql", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "processor": first_line("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": first_line("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "postgresql": version,
        "load_before": os.getloadavg()[0],
    }


def measure(claim, programs):
    """The rows that a claim's script reports."""
    script, surroundings = claim, {}
    if claim == "writes_slow_flush":
        script = "writes"
        surroundings = {"STOCKD_FLUSH_US": str(SLOW_FLUSH_US)}
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as out:
        settings = [word for name, value in SERVER.items() for word in ("--set", f"{name}={value}")]
        done = subprocess.run(
            [os.path.join(programs, "with_cluster"), *settings, "--", sys.executable, os.path.join(HERE, script + ".py")],
            env={**os.environ, "STOCKD_BENCH_OUT": out.name, "STOCKD_TEST_BIN": programs, **surroundings}, check=False,
        )
        rows = [json.loads(line) for line in out]
    if done.returncode != 0:
        print(f"bench: {claim} failed with exit code {done.returncode}", file=sys.stderr)
    return rows, done.returncode == 0


def figure(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows):
    cells = [["CLAIM", "OURS", "PEER", "UNIT", "RATIO", "GOAL", ""]]
    for row in rows:
        sign = ">=" if row["better"] == "higher" else "<="
        cells.append([
            row["claim"], figure(row["ours"]), figure(row["peer"]), row["unit"], figure(row["ratio"]),
            "" if row["goal"] is None else f"{sign} {row['goal']:g}",
            {True: "met", False: "MISSED", None: ""}[row["met"]],
        ])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells)


def load(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        sys.exit(f"bench: there is no {os.path.relpath(path)}; make it with "
                 + ("make bench" if path == RESULTS else "make bench, then bench/run.py --keep"))


def check():
    """Names what got worse than the baseline by more than the tolerance; the exit code says whether anything did."""
    kept = {row["claim"]: row for row in load(BASELINE)["rows"]}
    worse = 0
    for row in load(RESULTS)["rows"]:
        before = kept.get(row["claim"])
        if before is None:
            print(f"new     {row['claim']}: {figure(row['ratio'])}")
            continue
        change = row["ratio"] / before["ratio"] if before["ratio"] else 1.0
        change = change if row["better"] == "higher" else 1 / change
        is_worse = change < 1 - TOLERANCE
        worse += is_worse
        print(f"{'WORSE' if is_worse else 'ok':7} {row['claim']}: {figure(before['ratio'])} -> {figure(row['ratio'])}")
    return 1 if worse else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(HERE, "..", "build", "release", "bin"), help="where the built programs are")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("claims", nargs="*", choices=[*CLAIMS, []], help="which; all when left out")
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    if arguments.keep:
        kept = load(RESULTS)
        with open(BASELINE, "w") as file:
            json.dump(kept, file, indent=1)
            file.write("\n")
        return 0
    results = {"measured_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "machine": machine(), "rows": []}
    measured = set(arguments.claims or CLAIMS)
    if os.path.exists(RESULTS):  # what is not measured now stays as it was, with its own time
        results["rows"] = [row for row in load(RESULTS)["rows"] if row["script"] not in measured]
    complete = True
    for claim in [name for name in CLAIMS if name in measured]:
        print(f"bench: {claim}", file=sys.stderr, flush=True)
        rows, is_whole = measure(claim, os.path.abspath(arguments.bin))
        complete = complete and is_whole
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        results["rows"] += [{**row, "script": claim, "measured_at": now} for row in rows]
        with open(RESULTS, "w") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    print(table(results["rows"]))
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
