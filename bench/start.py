"""From the start of the program to /ready 200 over a million stock rows, against psql's COPY of the same rows; and memory.

STOCKD_BENCH_HUGE=1 adds ten million rows, once, reported without a goal.
"""

import os
import subprocess
import time

import rig

SHAPES = [(10, 100_000), (1_000, 1_000)]
if os.environ.get("STOCKD_BENCH_SMALL"):
    SHAPES = [(10, 1_000)]
COLUMNS = "store_id, product_id, on_hand, reserved, low_stock_threshold, version, updated_at"
BYTES_PER_ROW_MAX = 120


def copy_s(database):
    begun = time.monotonic()
    subprocess.run(
        ["psql", "-X", "-q", "-d", database, "-c", f"copy (select {COLUMNS} from inventory.inventory_stock) to stdout"],
        stdout=subprocess.DEVNULL, check=True,
    )
    return time.monotonic() - begun


def ready_s(database, resident):
    with rig.Stockd("--audit-pace", "0", database=database) as stockd:
        resident.append(stockd.resident_bytes())
        return stockd.ready_after_s


def measure(server, stores, products, goal):
    database = f"start_{stores}x{products}"
    rig.execute(server, f"create database {database}")
    subprocess.run([os.path.join(rig.BIN, "stockctl"), "migrate", "--quiet", "-d", database], check=True)
    connection = rig.connect(database)
    empty = []
    ready_s(database, empty)  # what the program needs without any row
    rig.make_shop(connection, stores, products)
    connection.close()
    resident = []
    figures = rig.alternate(ready=lambda: ready_s(database, resident), copy=lambda: copy_s(database))
    rows = stores * products
    shape = f"{stores:,} x {products:,}"
    rig.report(f"start to ready, {shape} rows, against COPY", figures["ready"], figures["copy"], goal, "s", better="lower")
    per_row = [(bytes_ - empty[0]) / rows for bytes_ in resident[1:]]
    rig.report(
        f"resident memory, {shape} rows", per_row, None, BYTES_PER_ROW_MAX if goal else None, "bytes per stock row", better="lower"
    )
    rig.execute(server, f"drop database {database} with (force)")


def main():
    server = rig.connect()
    for stores, products in SHAPES:
        measure(server, stores, products, 1.5)
    if os.environ.get("STOCKD_BENCH_HUGE"):
        rig.ROUNDS = 1
        measure(server, 100, 100_000, None)


if __name__ == "__main__":
    main()
