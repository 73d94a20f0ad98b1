"""What every claim's script is made of: a database, a running stockd, alternating rounds, and a result line.

A claim's script runs inside a throw-away cluster (with_cluster, started by run.py) and reports ratios: ours against a peer,
measured in the same run, in turn, so that a machine whose speed drifts harms both alike.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import psycopg2

BIN = os.environ["STOCKD_TEST_BIN"]
ROUNDS = int(os.environ.get("STOCKD_BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("STOCKD_BENCH_SECONDS", "5"))
TICKS = os.sysconf("SC_CLK_TCK")
ADDRESSES = re.compile(r"HTTP on (\S+:\d+), admin on (\S+:\d+)")


def say(text):
    print(text, file=sys.stderr, flush=True)


def connect(database=None):
    connection = psycopg2.connect(**({"dbname": database} if database else {}))
    connection.autocommit = True
    return connection


def execute(connection, sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def make_shop(connection, stores, products, on_hand=1_000_000_000, is_folded=True):
    """Stock rows for every store and product, folded, analysed and vacuumed as after a quiet night."""
    execute(connection, "insert into inventory.stores (code, name) select 'S' || n, 'Store ' || n from generate_series(1, %s) as n", stores)
    execute(
        connection,
        "insert into inventory.products (sku, name, pieces_per_pack, packs_per_box)"
        " select 'SKU-' || lpad(n::text, 8, '0'), 'Product ' || n, 6, 4 from generate_series(1, %s) as n",
        products,
    )
    # In portions, so that no statement holds a million rows of triggers' tuples at once.
    for (store_id,) in execute(connection, "select store_id from inventory.stores order by store_id"):
        execute(
            connection,
            "insert into inventory.inventory_stock (store_id, product_id, on_hand)"
            " select %s, product_id, %s from inventory.products order by product_id",
            store_id,
            on_hand,
        )
    if is_folded:
        # Otherwise the first relay would, while something is measured.
        execute(connection, "analyze")
        execute(connection, "select inventory.fold_views()")
    execute(connection, "vacuum analyze")
    execute(connection, "checkpoint")


class SlowFlush:
    """Within it the server runs again, with each flush so many microseconds slower (slow_flush.c)."""

    def __init__(self, flush_us):
        self.flush_us = flush_us

    def _pg_ctl(self, *words):
        user = os.environ.get("STOCKD_TEST_PGOSUSER")
        subprocess.run(
            [*(["runuser", "-u", user, "--"] if user else []), "env", "LD_PRELOAD=" + os.path.join(BIN, "libslow_flush.so"),
             f"STOCKD_FLUSH_US={self.flush_us}", os.path.join(os.environ["STOCKD_TEST_PGBIN"], "pg_ctl"),
             "-D", os.environ["STOCKD_TEST_PGDATA"], "-w", "-m", "fast", "-l", "/dev/null", *words],
            stdout=subprocess.DEVNULL, check=True, cwd="/",
        )

    def __enter__(self):
        self._pg_ctl("restart")
        return self

    def __exit__(self, *_):
        self._pg_ctl("stop")


class Stockd:
    """A stockd on this cluster's database, ready."""

    def __init__(self, *arguments, database=None):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="stockd-bench-", suffix=".log")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STOCKD_")}
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [os.path.join(BIN, "stockd"), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
             *(["--database-url", f"dbname={database}"] if database else []), *arguments],
            env=environment, stdout=subprocess.DEVNULL, stderr=self.log,
        )
        self.http, self.admin = self._until(self._addresses)
        self._until(self._is_ready)
        self.ready_after_s = time.monotonic() - self.started

    def _until(self, condition, deadline_s=600):
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            value = condition()
            if value:
                return value
            time.sleep(0.002)
        self.process.kill()
        raise RuntimeError("stockd did not come up:\n" + open(self.log.name).read()[-4000:])

    def _addresses(self):
        found = ADDRESSES.search(open(self.log.name).read())
        return found.groups() if found else None

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.admin}/ready", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def is_relay(self):
        with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=5) as answer:
            return re.search(r"^stockd_relay 1", answer.read().decode(), re.M) is not None

    def cpu_s(self):
        return cpu_of(self.process.pid)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024

    def tell(self, number):
        self.process.send_signal(number)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _parent_and_ticks(pid):
    """Who made this process, and the ticks of processor that it and its ended children have used."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[1]), sum(int(field) for field in fields[11:15])


def cpu_of(pid):
    """User and system seconds of a process and of its ended children."""
    return _parent_and_ticks(pid)[1] / TICKS


def _children_of(postmaster):
    """Ticks of processor by pid, of its living children and of those that it has not yet gathered."""
    children = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent, ticks = _parent_and_ticks(pid)
        except OSError:
            continue
        if parent == postmaster:
            children[pid] = ticks
    return children


def database_cpu_s():
    """Of the whole server: the postmaster gathers its ended children, the living ones are added.

    Looked at again when a child was gathered meanwhile, which would be in neither of the two.
    """
    with open(os.path.join(os.environ["STOCKD_TEST_PGDATA"], "postmaster.pid")) as lock:
        postmaster = int(lock.readline())
    while True:
        before = _children_of(postmaster).keys()
        gathered = cpu_of(postmaster)
        children = _children_of(postmaster)
        if before <= children.keys():
            return gathered + sum(children.values()) / TICKS


# The stock row that a script of choose_row() has chosen.
CHOSEN = "store_id = :store and product_id = :product"


def choose_row(stores, products, first_product=1):
    """The beginning of a script of pgbench: one of these rows, any with equal chance."""
    return f"\\set store random(1, {stores})\n\\set product random({first_product}, {products})\n"


def one_row_update(stores, products, first_product=1):
    """A script of pgbench that changes one of these rows."""
    return choose_row(stores, products, first_product) + f"update inventory.inventory_stock set on_hand = on_hand - 1 where {CHOSEN};\n"


class Pgbench:
    """pgbench with prepared statements over one script; `rate` in transactions per second, else as fast as it can."""

    def __init__(self, script, clients, seconds, rate=None, threads=2, database=None):
        self.script = tempfile.NamedTemporaryFile("w", suffix=".sql")
        self.script.write(script)
        self.script.flush()
        self.process = subprocess.Popen(
            ["pgbench", "-n", "-M", "prepared", "-f", self.script.name, "-c", str(clients),
             "-j", str(min(threads, clients)), "-T", str(max(1, round(seconds))),
             *(["-R", str(rate)] if rate else []), *([database] if database else [])],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def finish(self):
        """Transactions per second, without the time to connect."""
        out, err = self.process.communicate()
        self.script.close()
        found = re.search(r"tps = ([\d.]+)", out)
        if self.process.returncode != 0 or not found or re.search(r"failed transactions: [1-9]", out):
            raise RuntimeError("pgbench failed: " + out + err)
        return float(found.group(1))


class WritesPerS:
    """Counts the stock rows written within it: each raises a version by one."""

    def _versions(self):
        ((sum_of_versions,),) = execute(self.connection, "select sum(version) from inventory.inventory_stock")
        return float(sum_of_versions)

    def __enter__(self):
        self.connection = connect()
        self.per_s = None
        self.before, self.begun = self._versions(), time.monotonic()
        return self

    def __exit__(self, *_):
        took = time.monotonic() - self.begun
        self.per_s = (self._versions() - self.before) / took
        self.connection.close()


def wait_until(condition, what, deadline_s=600):
    """Polls; raises after the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"in vain for {deadline_s} s: {what}")
        time.sleep(0.02)


def wait_until_folded(connection):
    """Everything committed is in the views, and so in memory."""
    sql = "select rows_waiting = 0 from inventory.view_freshness where relation = 'inventory_summary_mv'"
    wait_until(lambda: execute(connection, sql)[0][0], "the views to be folded")


def pgbench_tps(script, clients, seconds=None, **options):
    return Pgbench(script, clients, seconds or SECONDS, **options).finish()


def alternate(**contenders):
    """Runs each contender once per round, in turn, after one round that is not counted; name -> its figures."""
    figures = {name: [] for name in contenders}
    for turn in range(-1, ROUNDS):
        for name, run in contenders.items():
            figure = run()
            if turn >= 0:
                figures[name].append(figure)
        say(f"  round {turn + 1} of {ROUNDS}" + ("" if turn >= 0 else " (warm-up)"))
    return figures


def report(claim, ours, peer, goal, unit, better="higher", detail=None):
    """One row of the table: `ours` and `peer` are lists of figures of the same rounds; a goal is a ratio.

    better="higher": ours / peer must be at least the goal; "lower": at most. peer None: `ours` itself is held against goal.
    """
    middle = statistics.median(ours)
    if peer is None:
        peer_middle, ratio = None, middle
    else:
        peer_middle = statistics.median(peer)
        ratio = statistics.median(a / b for a, b in zip(ours, peer))
    met = None if goal is None else (ratio >= goal if better == "higher" else ratio <= goal)
    row = {
        "claim": claim, "ours": middle, "peer": peer_middle, "unit": unit, "ratio": ratio, "better": better,
        "goal": goal, "met": met, "rounds": len(ours), "all_ours": ours, "all_peer": peer, "detail": detail,
    }
    with open(os.environ["STOCKD_BENCH_OUT"], "a") as out:
        out.write(json.dumps(row) + "\n")
    say(f"  {claim}: {ratio:.3g} (goal {goal})")
