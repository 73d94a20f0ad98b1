#!/usr/bin/env python3
"""writes.py [--clients 1,16,64] [--seconds 3] [--rounds 5] [--bulk-rows 100000] [--only NAME,...] [--json]

What a write costs with the schema, each claim against its peers in the same run, against the migrated database that psql's
variables name (throw-away: `with_cluster -- bench/writes.py`). Peers take turns, round by round; a claim is a ratio of medians.

  ours    UPDATE inventory.inventory_stock: version, movement, doorbell
  bare    the same UPDATE on a copy of the table (columns, fillfactor, indexes, CHECKs) without triggers
  hand    what a careful engineer writes instead: one statement that changes the row and inserts into a ledger of the same columns,
          indexes and partitions
  notify  the bare table with the usual trigger, pg_notify per row

No stockd runs here: under load its relay is awake and holds no lock, so that a write pays what it pays here. Exit code 1 when a goal
is missed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

STORES, PRODUCTS = 100, 1000

SETUP = f"""
drop schema if exists bench cascade;
create schema bench;
insert into inventory.stores (code, name) select 'bench-' || n, 'bench' from generate_series(1, {STORES}) as n
on conflict do nothing;
insert into inventory.products (sku, name) select 'bench-' || n, 'bench' from generate_series(1, {PRODUCTS}) as n
on conflict do nothing;
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select s.store_id, p.product_id, 1000000 from inventory.stores as s, inventory.products as p
where s.code like 'bench-%' and p.sku like 'bench-%'
on conflict do nothing;
create table bench.keys as
select row_number() over () - 1 as key, s.store_id, s.product_id from inventory.inventory_stock as s where s.on_hand >= 500000;

create table bench.bare (like inventory.inventory_stock including all) with (fillfactor = 70);
insert into bench.bare (store_id, product_id, on_hand, low_stock_threshold, allow_negative)
select store_id, product_id, 1000000, 0, false from bench.keys;
create table bench.hand (like inventory.inventory_stock including all) with (fillfactor = 70);
insert into bench.hand (store_id, product_id, on_hand, low_stock_threshold, allow_negative)
select store_id, product_id, 1000000, 0, false from bench.keys;
create table bench.notify (like inventory.inventory_stock including all) with (fillfactor = 70);
insert into bench.notify (store_id, product_id, on_hand, low_stock_threshold, allow_negative)
select store_id, product_id, 1000000, 0, false from bench.keys;

create function bench.notify_row() returns trigger language plpgsql as $$
begin
    perform pg_notify('bench_changes', json_build_object(
        'store', new.store_id, 'product', new.product_id, 'on_hand', new.on_hand
    )::text);
    return null;
end
$$;
create trigger notify after update on bench.notify for each row execute function bench.notify_row();

-- The ledger's columns, defaults, indexes and partitions, without the bell.
create table bench.ledger (like inventory.stock_ledger including defaults including identity) partition by range (recorded_at);
alter table bench.ledger alter rung set default true;
do $$
declare
    v record;
begin
    for v in
        select replace(pg_get_indexdef(i.indexrelid), 'inventory.stock_ledger', 'bench.ledger') as sql
        from pg_index as i where i.indrelid = 'inventory.stock_ledger'::regclass
    loop
        execute replace(v.sql, ' ON ONLY ', ' ON ');
    end loop;
    for v in
        select replace(c.relname, 'stock_ledger', 'ledger') as name, pg_get_expr(c.relpartbound, c.oid) as bound
        from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'inventory.stock_ledger'::regclass
    loop
        execute format('create table bench.%I partition of bench.ledger %s', v.name, v.bound);
    end loop;
end
$$;
"""

HAND = """
with moved as (
    update bench.hand set on_hand = on_hand - 1, version = version + 1, updated_at = clock_timestamp()
    where {where}
    returning store_id, product_id, on_hand, reserved, version
)
insert into bench.ledger (store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version)
select store_id, product_id, 'direct', -1, 0, on_hand, reserved, version from moved
"""

KEY = "store_id = :store and product_id = :product"
ONE_ROW = {
    "bare": f"update bench.bare set on_hand = on_hand - 1 where {KEY}",
    "ours": f"update inventory.inventory_stock set on_hand = on_hand - 1 where {KEY}",
    "hand": " ".join(HAND.format(where=KEY).split()),
    "notify": f"update bench.notify set on_hand = on_hand - 1 where {KEY}",
}

# Peer, lowest ratio of ours to it, at how many clients (None: all).
GOALS = [("bare", 0.6, 64), ("hand", 0.8, 64), ("notify", 3.0, 64)]
BULK_GOAL = 0.5


def psql(sql):
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout.strip()


def transactions_per_second(script, clients, seconds):
    done = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr)
    for line in done.stdout.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    sys.exit("pgbench says no tps:\n" + done.stdout)


def one_row(options, folder):
    """Transactions per second, by number of clients and peer."""
    low_store, low_product = psql(
        "select min(s.store_id), min(p.product_id) from inventory.stores as s, inventory.products as p "
        "where s.code like 'bench-%' and p.sku like 'bench-%'"
    ).split("|")
    scripts = {}
    for peer in options.only:
        scripts[peer] = folder / f"{peer}.sql"
        scripts[peer].write_text(
            f"\\set store random({low_store}, {low_store} + {STORES - 1})\n"
            f"\\set product random({low_product}, {low_product} + {PRODUCTS - 1})\n{ONE_ROW[peer]};\n"
        )
    rates = {}
    for clients in options.clients:
        seen = {peer: [] for peer in options.only}
        for turn in range(options.rounds + 1):
            for peer, script in scripts.items():
                rate = transactions_per_second(script, clients, options.seconds)
                if turn > 0:  # the first one warms
                    seen[peer].append(rate)
        rates[clients] = {peer: statistics.median(values) for peer, values in seen.items()}
    return rates


def bulk(options):
    """Seconds of one statement over many rows, by peer."""
    limit = f"(store_id, product_id) in (select store_id, product_id from bench.keys where key < {options.bulk_rows})"
    statements = {
        "bare": f"update bench.bare set on_hand = on_hand - 1 where {limit}",
        "ours": f"update inventory.inventory_stock set on_hand = on_hand - 1 where {limit}",
        "hand": HAND.format(where=limit),
    }
    seen = {peer: [] for peer in statements}
    for turn in range(options.rounds + 1):
        for peer, sql in statements.items():
            for table in ("bench.bare", "inventory.inventory_stock", "bench.hand"):
                psql(f"vacuum {table}")
            psql("checkpoint")
            start = time.monotonic()
            psql(sql)
            if turn > 0:
                seen[peer].append(time.monotonic() - start)
    return {peer: statistics.median(values) for peer, values in seen.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", default="1,16,64", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--seconds", default=3, type=int)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--bulk-rows", default=100000, type=int, help="0 leaves it out")
    parser.add_argument("--only", default="bare,ours,hand,notify", type=lambda text: text.split(","))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["PGOPTIONS"] = os.environ.get("PGOPTIONS", "") + " -c client_min_messages=warning"

    psql(SETUP)
    psql("vacuum analyze")
    with tempfile.TemporaryDirectory() as folder:
        rates = one_row(options, pathlib.Path(folder))
    seconds = bulk(options) if options.bulk_rows else {}
    psql("drop schema bench cascade")

    missed = []
    for clients, by_peer in rates.items():
        for peer, goal, at in GOALS:
            if at == clients and peer in by_peer and by_peer["ours"] / by_peer[peer] < goal:
                missed.append(f"{by_peer['ours'] / by_peer[peer]:.2f} of {peer} at {clients} clients, goal {goal}")
    if seconds and seconds["hand"] / seconds["ours"] < BULK_GOAL:
        missed.append(f"{seconds['hand'] / seconds['ours']:.2f} of hand in bulk, goal {BULK_GOAL}")

    if options.json:
        print(json.dumps({"one_row_per_second": rates, "bulk_seconds": seconds, "missed": missed}))
    else:
        for clients, by_peer in rates.items():
            print(f"one row, {clients} client(s), per second:")
            for peer, rate in by_peer.items():
                print(f"  {peer:8}{rate:10.0f}   ours is {by_peer['ours'] / rate:.2f} of it")
        if seconds:
            print(f"{options.bulk_rows} rows in one statement, seconds:")
            for peer, taken in seconds.items():
                print(f"  {peer:8}{taken:10.2f}   ours has {taken / seconds['ours']:.2f} of its speed")
        for line in missed:
            print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
