"""What one change costs, in processor time of the database and of stockd, as the table grows: flat within a fifth.

The same paced load of one-row updates on ever larger tables. STOCKD_BENCH_HUGE=1 adds ten million rows. How much of the growth is
PostgreSQL's (pages that are in no cache, and are written whole after a checkpoint) is told by the same of a ledger row by hand.
"""

import os
import subprocess

import by_hand
import rig

SIZES = [(10, 1_000), (10, 10_000), (10, 100_000)]
if os.environ.get("STOCKD_BENCH_HUGE"):
    SIZES.append((100, 100_000))
RATE = 1_000
FLAT = 1.2


def cost_us(database, stockd, stores, products, by_hand_too=False):
    """(of the database, of stockd), microseconds per change, and changes per second."""
    before = rig.database_cpu_s(), stockd.cpu_s()
    seconds = max(10, rig.SECONDS)
    script = rig.one_row_update(stores, products)
    if by_hand_too:
        script = rig.choose_row(stores, products) + " ".join(by_hand.STATEMENT.format(where=rig.CHOSEN).split()) + ";\n"
    tps = rig.pgbench_tps(script, 8, seconds, rate=RATE, threads=1, database=database)
    changes = tps * seconds
    used = (after - start for after, start in zip((rig.database_cpu_s(), stockd.cpu_s()), before))
    return *(spent / changes * 1e6 for spent in used), tps


def main():
    server = rig.connect()
    followed = {}
    for stores, products in SIZES:
        database = f"growth_{stores * products}"
        rig.execute(server, f"create database {database}")
        subprocess.run([os.path.join(rig.BIN, "stockctl"), "migrate", "--quiet", "-d", database], check=True)
        connection = rig.connect(database)
        rig.make_shop(connection, stores, products)
        rig.execute(connection, "create schema bench")
        rig.execute(connection, "create table bench.keys as select store_id, product_id from inventory.inventory_stock")
        rig.execute(connection, by_hand.SETUP)
        rig.execute(connection, "vacuum analyze")
        rig.execute(connection, "checkpoint")
        connection.close()
        followed[stores * products] = (database, rig.Stockd("--audit-pace", "0", database=database), stores, products)
    try:
        figures = rig.alternate(**{
            str(rows): (lambda arguments=arguments: (*cost_us(*arguments), *cost_us(*arguments, by_hand_too=True)[::2]))
            for rows, arguments in followed.items()
        })
    finally:
        for _, stockd, _, _ in followed.values():
            stockd.close()
    smallest = figures[str(min(followed))]
    for rows in sorted(followed)[1:]:
        for part, name in ((0, "database"), (1, "stockd"), (3, "a ledger row by hand")):
            rig.report(
                f"cost of a change at {rows:,} rows against {min(followed):,}: {name}",
                [figure[part] for figure in figures[str(rows)]], [figure[part] for figure in smallest],
                FLAT if part < 2 else None, "us of processor", better="lower",
            )
    rates = [figure[part] / RATE for figures_of in figures.values() for figure in figures_of for part in (2, 4)]
    rig.report("changes/s of the slowest of these runs, against those asked for", [min(rates)], None, 0.95, "x")


if __name__ == "__main__":
    main()
