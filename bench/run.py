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
import statistics
import subprocess
import sys
import tempfile
import time

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
    file_system = subprocess.run(["stat", "-f", "-c", "%T", tempfile.gettempdir()], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "processor": first_line("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": first_line("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "postgresql": version,
        "file_system": file_system,
        "flush_ms": flush_ms(),
        "server": SERVER,
        "load_before": os.getloadavg()[0],
    }


def flush_ms():
    """The median fdatasync() of 8 KiB where the clusters are, which every durable commit waits for."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(101):
            os.write(file.fileno(), bytes(8192))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return round(statistics.median(times) * 1000, 3)


def commit():
    """Of the tree that is measured; with + when it was changed."""
    done = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "?"


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


def judge(row, before):
    """What became of a claim: a word, and whether it is for the worse."""
    if before is None:
        return ("new, MISSED", True) if row["met"] is False else ("new", False)
    then, now = before["ratio"], row["ratio"]
    is_worse = now < then * (1 - TOLERANCE) if row["better"] == "higher" else now * (1 - TOLERANCE) > then
    return ("WORSE", True) if is_worse else ("ok", False)


def check():
    """Names what got worse than the baseline by more than the tolerance, or is gone; the exit code says whether anything did."""
    baseline, results = load(BASELINE), load(RESULTS)
    if baseline == results:
        sys.exit("bench: the results are the baseline itself; measure first (make bench)")
    kept = {row["claim"]: row for row in baseline["rows"]}
    worse = 0
    for row in results["rows"]:
        before = kept.pop(row["claim"], None)
        word, is_worse = judge(row, before)
        worse += is_worse
        print(f"{word:11} {row['claim']}: {'' if before is None else figure(before['ratio']) + ' -> '}{figure(row['ratio'])}")
    for row in kept.values():
        print(f"{'MISSING':11} {row['claim']} (make bench-{row['script']})")
    return 1 if worse or kept else 0


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
        results["rows"] += [{**row, "script": claim, "measured_at": now, "commit": commit()} for row in rows]
        with open(RESULTS, "w") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    print(table(results["rows"]))
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
