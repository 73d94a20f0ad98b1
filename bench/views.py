"""What folding the views costs at 5 000 changes a second, how old they are meanwhile, and what a look at them costs."""

import os
import statistics
import subprocess
import threading
import time

import rig

RATE = 5_000
CLIENTS = 16
CORE_SHARE = 0.15
AGE_MS = 100
# The relay works out the analytics at most a hundredth of the time; that is added to what a run without them used.
ANALYTICS_SHARE = 0.01
FLAT = 1.2
# The cost is claimed of a minute; a round is a part of it.
SECONDS = max(12, rig.SECONDS)
MINUTES = int(os.environ.get("STOCKD_BENCH_MINUTES", "10"))
SHOPS = [(1_000, 1_000), (10, 100_000)]
SIZES = [(10, 1_000), (100, 1_000), (1_000, 1_000)]
if os.environ.get("STOCKD_BENCH_HUGE"):
    SIZES.append((10_000, 1_000))
NEAR_THRESHOLD = "update inventory.inventory_stock set on_hand = 6, low_stock_threshold = 5 where (store_id + product_id) % 20 = 0"

# What the folded summary is, as people write it.
BY_HAND = """
create materialized view bench.summary as
select p.product_id, p.sku, p.name, sum(s.on_hand) as on_hand, sum(s.reserved) as reserved, sum(s.available) as available,
    count(*) filter (where s.on_hand > 0) as stores_with_stock,
    count(*) filter (where s.available <= s.low_stock_threshold and s.available > 0) as stores_low,
    count(*) filter (where s.available <= 0) as stores_out, max(s.updated_at) as last_movement_at
from inventory.products as p
join inventory.inventory_stock as s on s.product_id = p.product_id
join inventory.stores as t on t.store_id = s.store_id and t.active
where p.active
group by p.product_id;
create unique index on bench.summary (product_id);
"""


def script(stores, products):
    """Half of the changes on a tenth of the rows; one in twenty rows is near its threshold and crosses it now and then."""
    hot = max(1, products // 10)
    return (
        f"\\set store random(1, {stores})\n\\set hot random(0, 1)\n"
        f"\\set product case when :hot = 1 then random(1, {hot}) else random(1, {products}) end\n"
        "\\set delta random(-3, 3)\n"
        "update inventory.inventory_stock set on_hand = greatest(0, on_hand + :delta) where store_id = :store and product_id = :product;\n"
    )


class Ages(threading.Thread):
    """How old the summary is, twenty times a second."""

    def __init__(self):
        super().__init__()
        self.ages = []
        self.going = True

    def run(self):
        connection = rig.connect()
        while self.going:
            (age,), = rig.execute(connection, "select extract(epoch from age) * 1000 from inventory.view_freshness where relation = 'inventory_summary_mv'")
            if age is not None:
                self.ages.append(float(age))
            time.sleep(0.05)
        connection.close()


def paced(folding):
    """Processor seconds per second of database and stockd together; and with folding the p99 of the age."""
    with rig.Stockd("--audit-pace", "0", *([] if folding else ["--fold-interval", "0s"])) as stockd:
        ages = Ages() if folding == "watched" else None
        if folding:
            wait_until_at_rest()
        before = rig.database_cpu_s() + stockd.cpu_s()
        began = time.monotonic()
        if ages:
            ages.start()
        tps = rig.pgbench_tps(script(*shop), CLIENTS, SECONDS, rate=RATE, threads=1)
        if ages:
            ages.going = False
            ages.join()
        used = (rig.database_cpu_s() + stockd.cpu_s() - before) / (time.monotonic() - began) + (ANALYTICS_SHARE if folding else 0)
    p99 = statistics.quantiles(ages.ages, n=100)[98] if ages else None
    return used, tps, p99


def is_analysed(connection):
    (running,), = rig.execute(connection, "select count(*) from pg_stat_activity where application_name like %s", "% analytics")
    (is_young,), = rig.execute(connection, "select clock_timestamp() - as_of < interval '1 minute' from inventory.folded_analytics where scope = 'overall'")
    return is_young and not running


def wait_until_at_rest():
    """A relay folds and works out the analytics when it begins, which a short run must not pay for."""
    connection = rig.connect()
    rig.wait_until_folded(connection)
    rig.wait_until(lambda: is_analysed(connection), "the analytics to be worked out")
    connection.close()


def throughput(folding):
    with rig.Stockd("--audit-pace", "0", *([] if folding else ["--fold-interval", "0s"])):
        if folding:
            wait_until_at_rest()
        return rig.pgbench_tps(script(*shop), CLIENTS, SECONDS)


def bounded(connection):
    """How much the folded tables grow while they are written for minutes on end: what is dead is to be used again."""
    sql = "select sum(pg_total_relation_size(c.oid))::bigint from pg_class as c where c.relname like 'folded\\_%' and c.relkind = 'r'"
    sizes = []
    with rig.Stockd("--audit-pace", "0"):
        wait_until_at_rest()
        for _ in range(MINUTES):
            rig.pgbench_tps(script(*shop), CLIENTS, 60, rate=RATE, threads=1)
            ((size,),) = rig.execute(connection, sql)
            sizes.append(size)
    rig.report(
        f"size of the folded tables after {MINUTES} minutes at {RATE:,} changes/s, against that after {MINUTES // 3}",
        [sizes[-1]], [sizes[MINUTES // 3 - 1]], FLAT, "bytes", better="lower", detail=sizes,
    )


def refresh_s(connection):
    began = rig.database_cpu_s()
    rig.execute(connection, "refresh materialized view concurrently bench.summary")
    return rig.database_cpu_s() - began


def look_ms(connection, sql, *values):
    """Execution alone, in the server: the median. Planned each time, which does not count."""
    times = []
    for _ in range(200):
        (plan,), = rig.execute(connection, "explain (analyze, timing off, summary on, format json) " + sql, *values)
        times.append(plan[0]["Execution Time"])
    return statistics.median(times)


def measure(stores, products, connection):
    size = f"{stores:,} x {products:,}"
    figures = rig.alternate(folding=lambda: paced(True), not_folding=lambda: paced(False))
    rig.report(
        f"folding of {RATE:,} changes/s, {size}: share of a core", [a[0] - b[0] for a, b in zip(figures["folding"], figures["not_folding"])], None,
        CORE_SHARE, "cores", better="lower",
    )
    watched = [paced("watched") for _ in range(3)]
    rig.report(f"age of the summary at {RATE:,} changes/s, {size}: p99", [w[2] for w in watched], None, AGE_MS, "ms", better="lower")
    rig.report(f"changes/s meanwhile, {size}, against those that were asked for", [w[1] / RATE for w in watched], None, 0.95, "x")
    full = rig.alternate(folding=lambda: throughput(True), not_folding=lambda: throughput(False))
    rig.report(f"writers at full load with folding, {size}, against without", full["folding"], full["not_folding"], 0.95, "changes/s")
    rig.execute(connection, "create schema if not exists bench")
    rig.execute(connection, "drop materialized view if exists bench.summary")
    rig.execute(connection, BY_HAND)
    # The last of these did not fold, and what is not folded is added up by each look at a view ..._now.
    rig.execute(connection, "select inventory.fold_views()")
    refreshes = [refresh_s(connection) for _ in range(rig.ROUNDS)]
    rig.report(f"a REFRESH CONCURRENTLY of the summary, {size}: processor time", refreshes, None, None, "s", better="lower")
    rig.report(
        f"select of one product's summary, {size}",
        [look_ms(connection, "select * from inventory.inventory_summary_mv where sku = 'SKU-00000500'") for _ in range(rig.ROUNDS)], None, 0.1, "ms", better="lower",
    )
    rig.report(
        f"select of one product's summary now, {size}",
        [look_ms(connection, "select * from inventory.inventory_summary_now where sku = 'SKU-00000500'") for _ in range(rig.ROUNDS)], None, None, "ms", better="lower",
    )
    rig.report(
        f"the low-stock page of 50, {size}",
        [look_ms(connection, "select * from inventory.low_stock_alerts_mv order by rank, store_id, product_id limit 50") for _ in range(rig.ROUNDS)], None, 1, "ms", better="lower",
    )
    (dead, live), = rig.execute(connection, "select sum(n_dead_tup), sum(n_live_tup) from pg_stat_user_tables where relname like 'folded%'")
    rig.say(f"  dead tuples of what is folded: {dead:,} of {live:,}")


def fold_us(connection, stores, products):
    """Of one changed row, by a fold of 500 changes: half of them on a tenth of the rows."""
    changes = (
        "update inventory.inventory_stock as s set on_hand = greatest(0, s.on_hand + k.delta) from ("
        "select (random() * 6 - 3)::integer as delta, (select min(store_id) from inventory.stores) + floor(random() * %s)::integer as store_id,"
        " (select min(product_id) from inventory.products) + floor(random() * case when random() < 0.5 then %s else %s end)::integer as product_id"
        " from generate_series(1, 500)) as k where s.store_id = k.store_id and s.product_id = k.product_id"
    )
    rig.execute(connection, changes, stores, max(1, products // 10), products)
    began = time.perf_counter()
    (rows, _, _), = rig.execute(connection, "select * from inventory.fold_views()")
    return (time.perf_counter() - began) / rows * 1e6


def new_shop(stores, products):
    """A connection to a database of its own with such a shop, which from now on is everybody's; its rows folded and analysed."""
    database = f"views_{stores}_{products}"
    server = rig.connect("postgres")
    rig.execute(server, f"drop database if exists {database}")
    rig.execute(server, f"create database {database}")
    server.close()
    subprocess.run([os.path.join(rig.BIN, "stockctl"), "migrate", "--quiet", "-d", database], check=True)
    os.environ["PGDATABASE"] = database
    connection = rig.connect()
    rig.make_shop(connection, stores, products, on_hand=100, is_folded=False)
    rig.execute(connection, NEAR_THRESHOLD)
    began = time.monotonic()
    (rows, why, _), = rig.execute(connection, "select * from inventory.fold_views(true)")
    rig.say(f"  first fold of {rows:,} rows: {time.monotonic() - began:.1f} s ({why})")
    rig.execute(connection, "vacuum analyze")
    rig.execute(connection, "select inventory.fold_analytics()")
    rig.execute(connection, "checkpoint")
    return connection


def growth():
    """What the fold of one changed row costs as the tables grow: changes all over, and in as many stores as the smallest shop has, where as many sums change."""
    shops = {stores * products: (new_shop(stores, products), stores, products) for stores, products in SIZES}
    least_stores, least = SIZES[0][0], SIZES[0][0] * SIZES[0][1]
    ways = {"changes in every store": None, f"changes in {least_stores} stores": least_stores}
    figures = {(way, rows): [] for way in ways for rows in shops}
    for _ in range(20 * rig.ROUNDS):
        for (way, rows), times in figures.items():
            connection, stores, products = shops[rows]
            times.append(fold_us(connection, ways[way] or stores, products))
    for (way, rows), times in figures.items():
        if rows > least:
            # The median of twenty folds is one round's figure.
            ours, peer = ([statistics.median(t[i : i + 20]) for i in range(0, len(t), 20)] for t in (times, figures[way, least]))
            rig.report(f"fold of a changed row at {rows:,} rows against {least:,}, {way}", ours, peer, FLAT, "us", better="lower")


def main():
    global shop
    for shop in SHOPS:
        connection = new_shop(*shop)
        measure(*shop, connection)
        if shop == SHOPS[0]:
            bounded(connection)
        connection.close()
    growth()


if __name__ == "__main__":
    main()
