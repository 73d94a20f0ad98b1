"""What an operation of the engine costs, in processor time of the database, as history grows: flat within a fifth.

The same operations on databases that differ in the length of their ledger, and in the number of idempotency keys they keep.
STOCKD_BENCH_HUGE=1 adds ten million movements.
"""

import os
import subprocess

import rig
from engine import CYCLE, KEY, PRODUCT, SETUP, SINGLE

PRODUCTS = 1000
SMALL = 10_000
LENGTHS = [SMALL, 1_000_000]
if os.environ.get("STOCKD_BENCH_HUGE"):
    LENGTHS.append(10_000_000)
KEYS = 1_000_000
CLIENTS = 4
FLAT = 1.2
OPERATIONS = {
    "record_sale": KEY + PRODUCT + SINGLE["record_sale"],
    "deduct_inventory_atomic": KEY + PRODUCT + SINGLE["deduct_inventory_atomic"],
    "reserve and pay": CYCLE,
    "stock_history": PRODUCT + "select count(*) from inventory.stock_history('P' || :product::text, 'S1', \"limit\" => 5);\n",
    "stock_at_version": PRODUCT + "select * from inventory.stock_at_version('P' || :product::text, 'S1', 1);\n",
}


def lengthen(connection, movements):
    """Movements as they come from many products by turns."""
    step = 100_000
    for done in range(0, movements, step):
        rig.execute(
            connection,
            "insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) "
            "select 1, 1 + n %% %s, 'purchase', 1 from generate_series(1, %s) as n", PRODUCTS, min(step, movements - done),
        )


def fill_keys(connection, count):
    """As many kept answers as one that the engine itself has kept, under keys of their own."""
    rig.execute(
        connection,
        "select inventory.record_sale('S1', jsonb_build_array(jsonb_build_object('sku', 'P1', 'quantity', 1)), idempotency_key => 'one')",
    )
    rig.execute(
        connection,
        "insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key, request, result, created_at) "
        "select i.store_id, i.scope, 'k' || n, i.request, i.result, i.created_at "
        "from inventory.inventory_deduction_idempotency as i, generate_series(1, %s) as n where i.idempotency_key = 'one'", count,
    )


def make(database, movements, keys):
    rig.execute(rig.connect(), f"create database {database}")
    subprocess.run([os.path.join(rig.BIN, "stockctl"), "migrate", "--quiet", "-d", database], check=True)
    connection = rig.connect(database)
    rig.execute(connection, SETUP)
    lengthen(connection, movements)
    if keys:
        fill_keys(connection, keys)
    rig.execute(connection, "vacuum analyze")
    rig.execute(connection, "checkpoint")
    connection.close()
    return database


def cost_us(database, script):
    before = rig.database_cpu_s()
    seconds = max(3, rig.SECONDS)
    done = rig.pgbench_tps(script, CLIENTS, seconds, database=database) * seconds
    return (rig.database_cpu_s() - before) / done * 1e6


def main():
    databases = {f"{length:,} movements": make(f"ledger_{length}", length, 0) for length in LENGTHS}
    databases[f"{KEYS:,} keys"] = make("many_keys", SMALL, KEYS)
    smallest = next(iter(databases))
    stockds = [rig.Stockd("--audit-pace", "0", database=database) for database in databases.values()]
    try:
        for name, script in OPERATIONS.items():
            figures = rig.alternate(**{
                what: (lambda database=database, script=script: cost_us(database, script)) for what, database in databases.items()
            })
            for what in list(databases)[1:]:
                rig.report(
                    f"{name} with {what} against {smallest}", figures[what], figures[smallest], FLAT, "us of the database's processor",
                    better="lower",
                )
    finally:
        for stockd in stockds:
            stockd.close()


if __name__ == "__main__":
    main()
