"""stockctl import movements against psql's \\copy of the same lines into a plain table of texts; and where the time goes.

The lines are those of online-retail, with the rules that the sample has for them and opening stock that lets every sale find
enough. STOCKD_TEST_DATA names the folder of the large data sets; without it the bundled first weeks are taken, which is said.
"""

import collections
import csv
import gzip
import json
import os
import resource
import subprocess
import tempfile
import time

import rig

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, "..", "data")
STOCKCTL = os.path.join(rig.BIN, "stockctl")
WHOLE = os.path.join(os.environ.get("STOCKD_TEST_DATA", ""), "online-retail", "online-retail.csv.gz")
GOAL = 0.2


def ask(sql, database, *values):
    connection = rig.connect(database)
    try:
        return rig.execute(connection, sql, *values)
    finally:
        connection.close()


def sample_mapping():
    """How the sample's manifest reads these lines, in the words of the command line."""
    with open(os.path.join(SAMPLE, "manifest.json"), encoding="utf-8") as manifest:
        lines = next(one for one in json.load(manifest)["imports"] if one["file"].endswith("lines.csv.gz"))
    words = ["--case", lines["case"], "--time-zone", lines["time_zone"]]
    words += ["--map", ",".join(f"{field}={heading}" for field, heading in lines["map"].items())]
    for field, value in lines["set"].items():
        words += ["--set", f"{field}={value}"]
    for rule in lines["rules"]:
        words += ["--rule", rule]
    return words


def unpack(folder):
    packed = WHOLE
    if not os.path.exists(packed):
        rig.say("  STOCKD_TEST_DATA has no online-retail: measured on the bundled first weeks")
        packed = os.path.join(SAMPLE, "online-retail", "lines.csv.gz")
    path = os.path.join(folder, "lines.csv")
    with gzip.open(packed, "rb") as source, open(path, "wb") as plain:
        plain.write(source.read())
    return path


def openings(path):
    """Heading, number of lines, and per sku as much as all its lines move: enough, however they are read."""
    taken = collections.Counter()
    lines = 0
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        heading = reader.fieldnames
        for row in reader:
            lines += 1
            taken[row["StockCode"].upper()] += abs(int(row["Quantity"]))
    return heading, lines, taken


def clone(template, database):
    for statement in (f"drop database if exists {database} with (force)", f"create database {database} template {template}", "checkpoint"):
        ask(statement, "postgres")


def timed(words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    elapsed = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


class Contest:
    def __init__(self, path):
        self.path = path
        self.parts = collections.defaultdict(list)  # where the time of an import goes, by round
        heading, self.lines, taken = openings(path)
        self.columns = ", ".join(f'"{name}" text' for name in heading)
        ask("create database import_start", "postgres")
        subprocess.run([STOCKCTL, "migrate", "--quiet", "-d", "import_start"], check=True)
        ask("insert into inventory.stores (code, name) values ('UK', 'Online Retail')", "import_start")
        with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as opening:
            rows = csv.writer(opening)
            rows.writerows([["store", "sku", "quantity"], *(["UK", sku, n] for sku, n in taken.items() if sku)])
            opening.flush()
            subprocess.run(
                [STOCKCTL, "import", "movements", opening.name, "-q", "-d", "import_start", "--kind", "opening", "--create-missing"],
                check=True,
            )

    def copy_s(self):
        clone("import_start", "import_copy")
        ask(f"create table plain ({self.columns})", "import_copy")
        return timed(["psql", "-X", "-q", "-d", "import_copy", "-c", f"\\copy plain from '{self.path}' with (format csv, header)"])[0]

    def import_s(self, follower=False):
        clone("import_start", "import_lines")
        words = [STOCKCTL, "import", "movements", self.path, "-q", "--json", "-d", "import_lines", *sample_mapping()]
        if follower:
            with rig.Stockd(database="import_lines"):
                elapsed, _, out = timed(words)
        else:
            server_before = rig.database_cpu_s()
            [[wal_before]] = ask("select pg_current_wal_insert_lsn()", "import_lines")
            elapsed, client, out = timed(words)
            [[wal]] = ask("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", "import_lines", wal_before)
            self.parts["client's processor time"].append(client)
            self.parts["database's processor time"].append(rig.database_cpu_s() - server_before)
            self.parts["write-ahead log"].append(float(wal) / 1e6)
        summary = json.loads(out)
        skipped = sum(one["lines"] for one in summary["skipped"].values())
        if summary["lines"] != self.lines or summary["rejected"] or summary["applied"] + skipped != self.lines:
            raise RuntimeError("not every line was applied: " + out[:2000])
        return elapsed


def main():
    with tempfile.TemporaryDirectory() as folder:
        contest = Contest(unpack(folder))
        contenders = {"copy": contest.copy_s, "lines": contest.import_s, "followed": lambda: contest.import_s(follower=True)}
        figures = rig.alternate(**contenders)

    def per_second(seconds):
        return [contest.lines / one for one in seconds]

    name = f"import of {contest.lines:,} lines"
    rig.report(name + " against \\copy", per_second(figures["lines"]), per_second(figures["copy"]), GOAL, "lines/s")
    rig.report(name + " while stockd follows", per_second(figures["followed"]), per_second(figures["copy"]), None, "lines/s")
    for part, values in contest.parts.items():
        unit = "MB" if part == "write-ahead log" else "s"
        rig.report(f"{name}: {part}", values[-rig.ROUNDS:], None, None, unit, better="lower")


if __name__ == "__main__":
    main()
