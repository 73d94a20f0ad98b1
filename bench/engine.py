"""What the engine's operations cost, each with its answer, key, document, movement and a stockd following, against less.

  hand   what a careful engineer writes instead: a function on plain tables that inserts a key, changes the row if there is enough, and
         inserts a ledger row; no CHECK of a request, no answer that is kept, no document, no feed
  plain  UPDATE ... SET on_hand = on_hand - 1 WHERE ... AND on_hand >= 1 on a plain table, without ledger or key

STOCKD_BENCH_CLIENTS (64) how many clients call the functions that do one thing.
"""

import os
import threading
import time
import uuid

import psycopg2.extras
import rig

CLIENTS = int(os.environ.get("STOCKD_BENCH_CLIENTS", "64"))
PRODUCTS = 1000
BATCH = 500
INGREDIENTS = 8

SETUP = f"""
create schema bench;
insert into inventory.stores (code, name) values ('S1', 'Store 1');
insert into inventory.products (sku, name) select 'P' || n, 'Product ' || n from generate_series(1, {PRODUCTS}) as n;
insert into inventory.products (sku, name) select 'DISH' || n, 'Dish ' || n from generate_series(1, 100) as n;
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select s.store_id, p.product_id, 1000000000 from inventory.stores as s, inventory.products as p where p.sku like 'P%' order by p.product_id;
select inventory.set_recipe('DISH' || n, (
    select jsonb_agg(jsonb_build_object('name', 'P' || (n * {INGREDIENTS} + i), 'quantity', 1, 'unit', 'u')) from generate_series(1, {INGREDIENTS}) as i
)) from generate_series(1, 100) as n;
select inventory.set_conversion_mapping('S1', 'P' || n, 'u', 'P' || n, 1) from generate_series(1, {PRODUCTS}) as n;

create table bench.stock (
    store_id bigint, product_id bigint, on_hand bigint not null, reserved bigint not null default 0, version bigint not null default 0,
    updated_at timestamptz not null default clock_timestamp(), primary key (store_id, product_id), check (on_hand >= 0)
) with (fillfactor = 70);
insert into bench.stock (store_id, product_id, on_hand) select store_id, product_id, on_hand from inventory.inventory_stock;
create table bench.keys (
    store_id bigint, key text collate "C", created_at timestamptz not null default now(), primary key (store_id, key)
);
create table bench.ledger (
    movement_id bigint generated always as identity primary key, store_id bigint not null, product_id bigint not null, kind text not null,
    delta bigint not null, on_hand_after bigint not null, version bigint not null, reason text, reference text,
    recorded_at timestamptz not null default clock_timestamp()
);
create index on bench.ledger (store_id, product_id, version);

create function bench.move(in_product bigint, in_quantity bigint, in_key text) returns bigint language plpgsql as $$
declare
    v_moved record;
begin
    insert into bench.keys (store_id, key) values (1, in_key) on conflict do nothing;
    if not found then
        return null;
    end if;
    update bench.stock as s set on_hand = s.on_hand - in_quantity, version = s.version + 1, updated_at = clock_timestamp()
    where s.store_id = 1 and s.product_id = in_product and s.on_hand - s.reserved >= in_quantity
    returning s.on_hand, s.version into v_moved;
    if not found then
        raise exception 'short';
    end if;
    insert into bench.ledger (store_id, product_id, kind, delta, on_hand_after, version)
    values (1, in_product, 'sale', -in_quantity, v_moved.on_hand, v_moved.version);
    return v_moved.on_hand;
end
$$;

create function bench.eight(in_dish integer) returns void language plpgsql as $$
begin
    for i in 1..{INGREDIENTS} loop
        update bench.stock as s set on_hand = s.on_hand - 1
        where s.store_id = 1 and s.product_id = in_dish * {INGREDIENTS} + i and s.on_hand >= 1;
    end loop;
end
$$;
"""

# A key that nobody used: random, because a script of pgbench has no counter that others do not have.
KEY = "\\set a random(1, 1000000000000)\n\\set b random(1, 1000000000000)\n"
PRODUCT = f"\\set product random(1, {PRODUCTS})\n"
LINE = "jsonb_build_array(jsonb_build_object('sku', 'P' || :product::text, 'quantity', 1))"
NAME = ":a::text || '-' || :b::text"
HAND = f"{KEY}{PRODUCT}select bench.move(:product, 1, {NAME});\n"
SINGLE = {
    "record_sale": f"select inventory.record_sale('S1', {LINE}, idempotency_key => {NAME});\n",
    "adjust_stock": f"select inventory.adjust_stock('S1', {LINE}, 'found', idempotency_key => {NAME});\n",
    "receive_purchase": f"select inventory.receive_purchase('S1', {LINE}, idempotency_key => {NAME});\n",
    "deduct_inventory_atomic": f"select inventory.deduct_inventory_atomic('S1', {LINE}, {NAME});\n",
}
CYCLE = (
    f"{KEY}{PRODUCT}select inventory.reserve_stock({NAME}, 'S1', {LINE}, interval '1 hour', idempotency_key => {NAME});\n"
    f"select inventory.process_order_stock_reduction({NAME}, 'S1', idempotency_key => {NAME});\n"
)
TWO = f"{HAND}\\set a random(1, 1000000000000)\nselect bench.move(:product, 1, {NAME});\n"
DISH = "\\set dish random(1, 100)\n"


def tps(script, clients=CLIENTS):
    return rig.pgbench_tps(script, clients)


def batches(products, form, clients=2):
    """Requests per second of clients that send batches."""
    done = [0] * clients

    def work(number, deadline):
        connection = rig.connect()
        while time.monotonic() < deadline:
            name = uuid.uuid4().hex
            names, skus = [f"{name}-{n}" for n in range(BATCH)], [f"P{1 + n % products}" for n in range(BATCH)]
            if form == "arrays":
                arguments = "'S1', %s, %s, %s::numeric[]", names, skus, [1] * BATCH
            else:
                arguments = "%s", psycopg2.extras.Json([
                    {"store": "S1", "transaction_id": key, "lines": [{"sku": sku, "quantity": 1}]} for key, sku in zip(names, skus)
                ])
            rig.execute(connection, f"select inventory.deduct_inventory_many({arguments[0]})", *arguments[1:])
            done[number] += BATCH
        connection.close()

    begun = time.monotonic()
    threads = [threading.Thread(target=work, args=(number, begun + rig.SECONDS)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - begun)


def many():
    for products, by_plain, by_single in ((1, 25, 40), (100, 1.5, 5), (PRODUCTS, 1.5, 5)):
        product = f"\\set product random(1, {products})\n"
        figures = rig.alternate(
            arrays=lambda products=products: batches(products, "arrays"),
            objects=lambda products=products: batches(products, "objects"),
            plain=lambda product=product: tps(
                product + "update bench.stock set on_hand = on_hand - 1 where store_id = 1 and product_id = :product and on_hand >= 1;\n"
            ),
            single=lambda product=product: tps(KEY + product + SINGLE["deduct_inventory_atomic"]),
        )
        where = f"{products} product{'s' if products > 1 else ''}"
        for form in ("arrays", "objects"):
            rig.report(
                f"deduct_inventory_many() of {BATCH} as {form}, {where}, against {CLIENTS} clients' plain UPDATE",
                figures[form], figures["plain"], by_plain, "requests/s",
            )
            rig.report(
                f"deduct_inventory_many() of {BATCH} as {form}, {where}, against {CLIENTS} clients' single calls",
                figures[form], figures["single"], by_single, "requests/s",
            )


def single():
    figures = rig.alternate(
        hand=lambda: tps(HAND), **{name: (lambda call=call: tps(KEY + PRODUCT + call)) for name, call in SINGLE.items()}
    )
    for name in SINGLE:
        rig.report(f"{name}(), {CLIENTS} clients, against a function by hand", figures[name], figures["hand"], 0.7, "calls/s")


def reserve():
    figures = rig.alternate(ours=lambda: tps(CYCLE), hand=lambda: tps(TWO))
    rig.report(f"reserve and pay, {CLIENTS} clients, against two functions by hand", figures["ours"], figures["hand"], 0.6, "cycles/s")


def recipes():
    line = "jsonb_build_array(jsonb_build_object('sku', 'DISH' || :dish::text, 'quantity', 1))"
    figures = rig.alternate(
        ours=lambda: tps(f"{KEY}{DISH}select inventory.deduct_inventory_atomic('S1', {line}, {NAME});\n"),
        hand=lambda: tps(f"{DISH}select bench.eight(:dish::integer);\n"),
    )
    rig.report(
        f"a deduction of {INGREDIENTS} ingredients, {CLIENTS} clients, against as many conditional UPDATEs in a function",
        figures["ours"], figures["hand"], 0.8, "calls/s",
    )


def main():
    connection = rig.connect()
    rig.execute(connection, SETUP)
    rig.execute(connection, "vacuum analyze")
    rig.execute(connection, "checkpoint")
    with rig.Stockd():
        many()
        single()
        reserve()
        recipes()


if __name__ == "__main__":
    main()
