"""The whole engine at once: many clients, every function, a third of it on ten hot rows, and the database killed in the middle.

At the end, and right after the kill, nothing may be wrong: no deadlock, nothing below zero, versions dense, balances right, reserved what
orders hold, lots what rows say; and every movement that a client was told of is in the ledger as it was told, once.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile
import time

from engine_soak import clients
from engine_soak.operations import BY_HAND, COLD, DISHES, HOT, LOTS, OWED, PARTS, STOCKED, STORES
from soak.cluster import Cluster
from soak.report import Report

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ["STOCKD_TEST_BIN"]


def arguments():
    parser = argparse.ArgumentParser(prog="engine_soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--operations", type=int, default=20_000, help="of all clients together")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--processes", type=int, default=4, help="that the clients are spread over")
    parser.add_argument("--kills", type=int, default=1, help="how often PostgreSQL is killed (kill -9), evenly spread")
    return parser.parse_args()


class Soak:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.report = Report(options.seed)
        self.cluster = Cluster(folder, self.report)
        self.cluster.create()
        self.conninfo = f"host={self.cluster.sockets} port={self.cluster.primary.port} user=postgres dbname=soak"
        self.deadlocks = 0
        self.wrong = []

    def query(self, sql, *values):
        connection = self.cluster.primary.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def prepare(self):
        subprocess.run([os.path.join(BIN, "stockctl"), "migrate", "-q", "-d", self.conninfo], check=True)
        subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", os.path.join(HERE, "..", "..", "sql", "prepare.sql"), self.conninfo],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.query("insert into inventory.stores (code, name) select s, s from unnest(%s) as s", STORES)
        self.query("insert into inventory.products (sku, name) select p, p from unnest(%s) as p", [*COLD, *HOT, *LOTS, *PARTS, *OWED, *DISHES])
        self.query("update inventory.products set allow_negative = true where sku = any (%s)", OWED)
        self.query("insert into inventory.vendors (code, name) values ('v', 'V')")
        for number, sku in enumerate(LOTS):
            self.query("select inventory.set_lot_policy(%s, %s)", sku, "fefo" if number % 2 else "fifo")
        for store in STORES:
            for part in PARTS:
                self.query("select inventory.set_conversion_mapping(%s, %s, 'portion', %s, 1)", store, part, part)
            self.query(
                "select inventory.must(inventory.receive_purchase(%s, (select jsonb_agg(jsonb_build_object('sku', s, 'quantity', 60, 'unit_cost', 2)) "
                "from unnest(%s) as s)))", store, STOCKED,
            )  # fmt: skip
        for number, dish in enumerate(DISHES):
            self.query(
                "select inventory.set_recipe(%s, (select jsonb_agg(jsonb_build_object('name', p, 'quantity', 1, 'unit', 'portion')) "
                "from unnest(%s) as p))", dish, [PARTS[(number + step) % len(PARTS)] for step in range(8)],
            )  # fmt: skip

    def done(self):
        """How many operations have had an effect or were refused, roughly: what the ledger has, and the refusals."""
        return self.query("select count(*) from inventory.stock_ledger")[0][0]

    def count_deadlocks(self):
        self.deadlocks += self.query("select deadlocks from pg_stat_database where datname = current_database()")[0][0]

    def prove(self, when):
        for store in STORES:
            whole = True
            while True:
                [[answer]] = self.query("select inventory.verify(%s, 1000000, %s)", store, whole)
                whole = False
                if answer["open"]:
                    self.wrong.append(f"{when}: verify({store}) found {answer['findings'][:5]}")
                if answer["complete"]:
                    break
        for row in self.query(
            "select test.contradictions() union all select test.reservation_contradictions() union all select test.lot_contradictions() limit 20"
        ):
            self.wrong.append(f"{when}: {row[0]}")
        for row in self.query(
            "select e.entry_id, d.kind from inventory.stock_lot_entries as e join inventory.stock_lots as l using (lot_id) "
            "join inventory.stock_documents as d using (document_id) "
            "where e.kind = 'taken' and d.kind in ('sale', 'deduction') and l.expires_on < '2026-01-01' limit 5"
        ):
            self.wrong.append(f"{when}: entry {row[0]}: a {row[1]} took what has expired")
        self.prove_views(when)
        [[below]] = self.query("select count(*) from inventory.inventory_stock where available < 0 and not allow_negative")
        if below:
            self.wrong.append(f"{when}: {below} stock rows are oversold")

    def prove_views(self, when):
        """Folded and with what is not: the views are the GROUP BYs over the tables."""
        connection = self.cluster.primary.connect()
        with connection.cursor() as cursor:
            with open(os.path.join(HERE, "..", "..", "sql", "views_truth.sql"), encoding="utf-8") as truth:
                cursor.execute(truth.read())
            for which in ("now", "mv"):
                if which == "mv":
                    cursor.execute("select inventory.fold_views()")
                cursor.execute(f"select relation, side, row from differences_{which} limit 5")
                self.wrong.extend(f"{when}: view {which}: {row}" for row in cursor.fetchall())
        connection.close()

    def kill(self):
        self.count_deadlocks()
        self.cluster.primary.kill()
        self.cluster.primary.start()
        self.cluster.primary.wait_until_up()
        print(f"killed and up again; the ledger has {self.done()} movements", flush=True)

    def run(self):
        self.prepare()
        options = self.options
        begun = time.monotonic()
        about = {"seed": options.seed, "conninfo": self.conninfo, "folder": self.folder, "position": self.query("select inventory.position()")[0][0]}
        processes, results = clients.start(about, options.clients, options.processes, options.operations)
        found, kills, said_at = [], 0, 0
        # An operation writes a little more than one movement on average, refused ones among them.
        while len(found) < len(processes):
            if not results.empty():
                found.append(results.get())
                continue
            if not any(process.is_alive() for process in processes) and results.empty():
                break
            moved = self.done()
            if moved >= options.operations * (kills + 1) / (options.kills + 1) * 0.8 and kills < options.kills:
                kills += 1
                self.kill()
            if time.monotonic() - said_at > 30:
                said_at = time.monotonic()
                print(f"{said_at - begun:6.0f} s: {moved} movements", flush=True)
            time.sleep(0.2)
        for process in processes:
            process.join()
        seconds = time.monotonic() - begun
        counts = collections.Counter()
        for one, _, failures in found:
            counts += one
            self.wrong += failures
        if len(found) < len(processes):
            self.wrong.append("a process of clients ended without a word")
        if kills < options.kills:
            self.wrong.append(f"killed {kills} times only, not {options.kills}")
        self.count_deadlocks()
        if self.deadlocks:
            self.wrong.append(f"{self.deadlocks} deadlocks")
        self.wrong += [kind for kind in counts if kind.startswith("(FAILED")]
        called = {kind.split()[0] for kind in counts}
        self.wrong += [
            f"{function}() was never called" for (function,) in self.query(
                "select distinct proname from pg_proc where pronamespace = 'inventory'::regnamespace and proname !~ '^_' and prorettype <> 'trigger'::regtype"
            ) if function not in called | BY_HAND
        ]  # fmt: skip
        self.prove("at the end")
        self.compare([path for _, path, _ in found])
        self.count_effects()
        if kills:
            self.kill()
            self.prove("after a last kill")
        for kind, times in sorted(counts.items()):
            print(f"{times:9} {kind}")
        operations = sum(times for kind, times in counts.items() if not kind.startswith("("))
        print(f"{operations} operations in {seconds:.0f} s, {kills} kills, {self.deadlocks} deadlocks, {self.done()} movements")

    def count_effects(self):
        """One effect per key, also of what was repeated because its answer was lost: a receipt's and a sale's reference is its key."""
        for kind, reference, times in self.query(
            "select d.kind, d.reference, count(*) from inventory.stock_documents as d where d.kind in ('purchase', 'sale') "
            "and d.reference ~ '^c[0-9]+-[0-9]+$' "
            # An order may be paid in parts.
            "and not exists (select from inventory.stock_reservations as r where r.store_id = d.store_id and r.order_code = d.reference) "
            "group by 1, 2 having count(*) > 1 limit 5"
        ):
            self.wrong.append(f"{times} documents of kind {kind} for the key {reference}")

    def compare(self, paths):
        """What clients were told, against the ledger."""
        connection = self.cluster.primary.connect()
        with connection.cursor() as cursor:
            cursor.execute("create temporary table said (store text, sku text, version bigint, kind text, on_hand bigint, reserved bigint)")
            for path in paths:
                with open(path, encoding="utf-8") as file:
                    cursor.copy_expert("copy said from stdin with (format csv)", file)
            cursor.execute("analyze said")
            cursor.execute("select count(*) from said")
            print(f"clients were told of {cursor.fetchone()[0]} movements")
            cursor.execute(
                "select s.* from said as s join inventory.stores as t on t.code = s.store join inventory.products as p on p.sku = s.sku "
                "left join inventory.stock_ledger as l on l.store_id = t.store_id and l.product_id = p.product_id and l.version = s.version "
                "where l.kind is distinct from s.kind or l.on_hand_after is distinct from s.on_hand "
                "or l.reserved_after is distinct from s.reserved limit 5"
            )
            self.wrong += [f"told of {row}, the ledger says otherwise" for row in cursor.fetchall()]
            cursor.execute("select store, sku, version from said group by 1, 2, 3 having count(*) > 1 limit 5")
            self.wrong += [f"told twice of {row}" for row in cursor.fetchall()]
        connection.close()


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="stockd-engine-soak-") as folder:
        os.chmod(folder, 0o755)
        soak = Soak(options, folder)
        try:
            soak.run()
        finally:
            soak.cluster.close()
    if soak.wrong or soak.report.failure:
        print("FAILED:\n  " + "\n  ".join(map(str, [*soak.wrong[:40], soak.report.failure or ""])))
        return 1
    print("nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
