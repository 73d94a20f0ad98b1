"""What a write costs with everything on and a stockd following, against what others would do instead.

  ours    UPDATE inventory.inventory_stock: version, movement, doorbell
  bare    the same UPDATE on a copy of the table (columns, fillfactor, indexes, CHECKs) without triggers
  hand    what a careful engineer writes instead (by_hand.py)
  notify  the bare table with the usual trigger, pg_notify per row

STOCKD_FLUSH_US (run.py writes_slow_flush): on a disk whose flushes take so much longer.
"""

import os
import time

import by_hand
import rig

STORES, PRODUCTS = 100, 1000
BULK_ROWS = 100_000

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
"""

ONE_ROW = {
    "bare": f"update bench.bare set on_hand = on_hand - 1 where {rig.CHOSEN}",
    "ours": f"update inventory.inventory_stock set on_hand = on_hand - 1 where {rig.CHOSEN}",
    "hand": " ".join(by_hand.STATEMENT.format(where=rig.CHOSEN).split()),
    "notify": f"update bench.notify set on_hand = on_hand - 1 where {rig.CHOSEN}",
}

# Clients -> the lowest ratio of ours to a peer; None: only reported.
GOALS = {
    1: {"bare": None, "hand": None, "notify": None},
    16: {"bare": None, "hand": None, "notify": None},
    64: {"bare": 0.6, "hand": 0.8, "notify": 3.0},
}
SLOW_FLUSH_GOALS = {64: {"notify": 12.0}}
BULK_GOAL = 0.5


def one_row(connection, goals, where):
    ((store, product),) = rig.execute(
        connection,
        "select min(s.store_id), min(p.product_id) from inventory.stores as s, inventory.products as p"
        " where s.code like 'bench-%%' and p.sku like 'bench-%%' and true = %s",
        True,
    )
    keys = (
        f"\\set store random({store}, {store + STORES - 1})\n"
        f"\\set product random({product}, {product + PRODUCTS - 1})\n"
    )
    for clients, by_peer in goals.items():
        figures = rig.alternate(**{
            peer: (lambda peer=peer, clients=clients: rig.pgbench_tps(keys + ONE_ROW[peer] + ";\n", clients))
            for peer in ["ours", *by_peer]
        })
        for peer, goal in by_peer.items():
            rig.report(
                f"one-row UPDATE, {clients} client{'s' if clients > 1 else ''}{where}, against {NAMES[peer]}",
                figures["ours"], figures[peer], goal, "writes/s",
            )


def bulk(connection):
    """Rows per second of one statement over many rows."""
    keys = f"(store_id, product_id) in (select store_id, product_id from bench.keys where key < {BULK_ROWS})"
    statements = {
        "ours": f"update inventory.inventory_stock set on_hand = on_hand - 1 where {keys}",
        "hand": by_hand.STATEMENT.format(where=keys),
    }

    followed = []

    def rate(statement):
        for table in ("inventory.inventory_stock", "bench.hand"):
            rig.execute(connection, f"vacuum {table}")
        rig.execute(connection, "checkpoint")
        begun = time.monotonic()
        rig.execute(connection, statement)
        done = time.monotonic()
        # What stockd makes of it is not to fall into the time of whoever comes next.
        rig.wait_until_folded(connection)
        followed.append(time.monotonic() - done)
        return BULK_ROWS / (done - begun)

    figures = rig.alternate(**{peer: (lambda sql=sql: rate(sql)) for peer, sql in statements.items()})
    rig.report(
        f"UPDATE of {BULK_ROWS} rows at once, against {NAMES['hand']}", figures["ours"], figures["hand"], BULK_GOAL, "rows/s"
    )
    # Ours come first in each round; what is written by hand has nothing to be folded.
    rig.report(f"UPDATE of {BULK_ROWS} rows at once: from its commit until the views have it", followed[2::2], None, None, "s", better="lower")


NAMES = {"bare": "the bare UPDATE", "hand": "a ledger row written by hand", "notify": "a pg_notify trigger"}


def main():
    connection = rig.connect()
    rig.execute(connection, SETUP)
    rig.execute(connection, by_hand.SETUP)
    rig.execute(connection, "vacuum analyze")
    flush_us = int(os.environ.get("STOCKD_FLUSH_US", "0"))
    if flush_us:
        connection.close()
        with rig.SlowFlush(flush_us), rig.Stockd():
            one_row(rig.connect(), SLOW_FLUSH_GOALS, f", flush {flush_us / 1000:g} ms slower")
        return
    with rig.Stockd():
        one_row(connection, GOALS, "")
        bulk(connection)


if __name__ == "__main__":
    main()
