"""One function per kind of SQL. Each gets a Transaction: its cursor, its own random numbers, and how it should end."""

import io

STORES = 5
PRODUCTS = 20
#: Products that are only ever moved: never hidden, renamed or deleted.
STEADY_PRODUCTS = 16
STEADY_STORES = 4
STOCK = "inventory.inventory_stock"
LEDGER = "inventory.stock_ledger"

KINDS = {}


def kind(weight, **how):
    """Registers an operation; `how` is what its transaction must be."""

    def register(function):
        KINDS[function.__name__] = (weight, function, how)
        return function

    return register


def key(rng):
    return {"s": rng.randint(1, STORES), "p": rng.randint(1, PRODUCTS), "n": rng.randint(1, 9)}


@kind(8)
def update_one(t):
    t.run(f"update {STOCK} set on_hand = on_hand + %(n)s where store_id = %(s)s and product_id = %(p)s", key(t.rng))


@kind(3)
def update_down(t):
    t.run(f"update {STOCK} set on_hand = on_hand - %(n)s where store_id = %(s)s and product_id = %(p)s", key(t.rng))


@kind(2)
def update_bulk(t):
    t.run(f"update {STOCK} set on_hand = on_hand + %(n)s where store_id = %(s)s", key(t.rng))


@kind(2)
def update_many(t):
    for _ in range(t.rng.randint(2, 6)):
        update_one(t)


@kind(2)
def update_set(t):
    t.run(f"update {STOCK} set on_hand = %(n)s * 100 where store_id = %(s)s and product_id = %(p)s", key(t.rng))


@kind(6)
def ledger_one(t):
    t.run(
        f"insert into {LEDGER} (store_id, product_id, kind, on_hand_delta, reason) values (%(s)s, %(p)s, 'purchase', %(n)s, 'soak')",
        key(t.rng),
    )


@kind(3)
def ledger_many(t):
    t.run(
        f"insert into {LEDGER} (store_id, product_id, kind, on_hand_delta)"
        " select %(s)s, p.product_id, 'adjustment', %(n)s from inventory.products as p where p.product_id %% 3 = %(p)s %% 3",
        key(t.rng),
    )


@kind(3)
def ledger_one_row(t):
    t.run(
        f"insert into {LEDGER} (store_id, product_id, kind, on_hand_delta)"
        " select %(s)s, %(p)s, 'purchase', g from generate_series(1, %(n)s) as g",
        key(t.rng),
    )


@kind(4)
def ledger_sale(t):
    """Now or up to five weeks ago: what is sold by day is in the views."""
    at = key(t.rng) | {"hours": t.rng.choice([0, 0, t.rng.randint(1, 900)])}
    t.expect_refusal(
        f"insert into {LEDGER} (store_id, product_id, kind, on_hand_delta, occurred_at)"
        " values (%(s)s, %(p)s, 'sale', -%(n)s, now() - make_interval(hours => %(hours)s))",
        at,
    )


@kind(3)
def receive_at_cost(t):
    t.run(
        "select inventory.receive_purchase(t.code, jsonb_build_array(jsonb_build_object("
        "'sku', p.sku, 'quantity', %(n)s::integer, 'unit_cost', %(cost)s::integer)))"
        " from inventory.stores as t, inventory.products as p where t.store_id = %(s)s and p.product_id = %(p)s",
        key(t.rng) | {"cost": t.rng.randint(1, 5)},
    )


def missing_products(t, at):
    """Of the store; when it has them all, what it has of two of them goes first."""
    t.run(
        f"select p.product_id from inventory.products as p where not exists (select from {STOCK} as s"
        " where s.store_id = %(s)s and s.product_id = p.product_id) order by 1",
        at,
    )
    missing = [row[0] for row in t.cursor.fetchall()]
    if not missing:
        t.run(f"delete from {STOCK} where store_id = %(s)s and product_id in (%(p)s, %(n)s)", at)
        missing = sorted({at["p"], at["n"]})
    return missing


@kind(3)
def insert_row(t):
    """A row that is missing; one that somebody else makes meanwhile is a unique violation."""
    at = key(t.rng)
    missing = missing_products(t, at)
    at["p"] = missing[at["p"] % len(missing)]
    t.run(f"insert into {STOCK} (store_id, product_id, on_hand) values (%(s)s, %(p)s, %(n)s)", at)


@kind(3)
def delete_row(t):
    t.run(f"delete from {STOCK} where store_id = %(s)s and product_id = %(p)s", key(t.rng))


@kind(3)
def insert_again(t):
    at = key(t.rng)
    t.run(f"delete from {STOCK} where store_id = %(s)s and product_id = %(p)s", at)
    t.run(f"insert into {STOCK} (store_id, product_id, on_hand) values (%(s)s, %(p)s, %(n)s)", at)


@kind(3)
def on_conflict(t):
    t.run(
        f"insert into {STOCK} as s (store_id, product_id, on_hand) values (%(s)s, %(p)s, %(n)s)"
        " on conflict (store_id, product_id) do update set on_hand = s.on_hand + excluded.on_hand",
        key(t.rng),
    )


@kind(3)
def copy_stock(t):
    """Rows that are missing; one that somebody else makes meanwhile is a unique violation."""
    at = key(t.rng)
    missing = missing_products(t, at)
    lines = "".join(f"{at['s']}\t{product}\t{at['n']}\n" for product in missing)
    t.cursor.copy_expert(f"copy {STOCK} (store_id, product_id, on_hand) from stdin", io.StringIO(lines))


@kind(3)
def copy_ledger(t):
    at = key(t.rng)
    lines = "".join(f"{at['s']}\t{t.rng.randint(1, PRODUCTS)}\tcount\t{at['n']}\n" for _ in range(5))
    t.cursor.copy_expert(f"copy {LEDGER} (store_id, product_id, kind, on_hand_delta) from stdin", io.StringIO(lines))


@kind(3)
def merge(t):
    t.run(
        f"merge into {STOCK} as s using (select %(s)s::bigint as store_id, p.product_id from inventory.products as p"
        " where p.product_id between %(p)s and %(p)s + 3) as n on s.store_id = n.store_id and s.product_id = n.product_id"
        " when matched and s.on_hand > 400 then delete when matched then update set on_hand = s.on_hand + %(n)s"
        " when not matched then insert (store_id, product_id, on_hand) values (n.store_id, n.product_id, %(n)s)",
        key(t.rng),
    )


@kind(2, isolation="read committed")
def truncate(t):
    t.run(f"truncate {STOCK}")
    if t.rng.random() < 0.8:
        t.run(
            f"insert into {STOCK} (store_id, product_id, on_hand) select s.store_id, p.product_id, 50"
            " from inventory.stores as s, inventory.products as p where p.product_id <= %(p)s",
            {"p": PRODUCTS},
        )


@kind(2)
def key_change(t):
    at = key(t.rng)
    at["p2"] = t.rng.randint(1, PRODUCTS)
    t.run(f"delete from {STOCK} where store_id = %(s)s and product_id = %(p2)s and product_id <> %(p)s", at)
    t.run(f"update {STOCK} set product_id = %(p2)s where store_id = %(s)s and product_id = %(p)s", at)


@kind(3)
def product_edit(t):
    at = {"p": t.rng.randint(1, PRODUCTS), "q": t.rng.randint(STEADY_PRODUCTS + 1, PRODUCTS), "n": t.rng.randint(1, 9)}
    t.run(
        t.rng.choice([
            "update inventory.products set name = 'Product ' || %(n)s where product_id = %(p)s",
            "update inventory.products set base_price = %(n)s where product_id = %(p)s",
            "update inventory.products set pieces_per_pack = %(n)s, packs_per_box = 10 where product_id = %(p)s",
            "update inventory.products set active = not active where product_id = %(q)s",
            "update inventory.products set sku = case when sku like '%%-b' then left(sku, -2) else sku || '-b' end"
            " where product_id = %(q)s",
        ]),
        at,
    )  # fmt: skip


@kind(2)
def product_comes_and_goes(t):
    t.run(
        "insert into inventory.products (sku, name) select 'E-' || gen_random_uuid(), 'ephemeral' returning product_id"
    )
    (product,) = t.cursor.fetchone()
    t.run(f"insert into {STOCK} (store_id, product_id, on_hand) values (1, %(p)s, 5)", {"p": product})
    t.run(
        "select p.product_id from inventory.products as p where p.sku like 'E-%%' and p.product_id <> %(p)s"
        " order by 1 limit 1 for update skip locked",
        {"p": product},
    )
    for (old,) in t.cursor.fetchall():
        t.run(f"delete from {STOCK} where product_id = %(p)s", {"p": old})
        t.run("delete from inventory.products where product_id = %(p)s", {"p": old})


@kind(2)
def price_or_category_edit(t):
    t.run(
        t.rng.choice([
            "update inventory.products set base_price = %(n)s where product_id = %(p)s",
            "update inventory.products set base_price = nullif(base_price, %(n)s) where product_id = %(p)s",
            "update inventory.products set category_id = 1 + %(n)s %% 2 where product_id = %(p)s",
            "update inventory.products set category_id = null where product_id = %(p)s",
        ]),
        key(t.rng),
    )  # fmt: skip


@kind(3)
def threshold_edit(t):
    t.run(
        t.rng.choice([
            f"update {STOCK} set low_stock_threshold = %(n)s where store_id = %(s)s and product_id = %(p)s",
            f"update {STOCK} set low_stock_threshold = low_stock_threshold + 1 where store_id = %(s)s",
            f"update {STOCK} set low_stock_threshold = %(n)s, on_hand = on_hand + 1 where store_id = %(s)s and product_id = %(p)s",
        ]),
        key(t.rng),
    )  # fmt: skip


@kind(2)
def store_edit(t):
    at = {"s": t.rng.randint(1, STORES), "q": t.rng.randint(STEADY_STORES + 1, STORES), "n": t.rng.randint(1, 9)}
    t.run(
        t.rng.choice([
            "update inventory.stores set name = 'Store ' || %(n)s where store_id = %(s)s",
            "update inventory.stores set active = not active where store_id = %(q)s",
            "update inventory.stores set low_stock_threshold = %(n)s where store_id = %(s)s",
        ]),
        at,
    )  # fmt: skip


@kind(2)
def no_op(t):
    t.run(f"update {STOCK} set on_hand = on_hand where store_id = %(s)s", key(t.rng))


@kind(3)
def savepoint_rollback(t):
    update_one(t)
    t.run("savepoint a")
    ledger_one_row(t)
    t.run("savepoint b")
    delete_row(t)
    t.run("rollback to savepoint b")
    update_one(t)
    if t.rng.random() < 0.5:
        t.run("rollback to savepoint a")
        ledger_one(t)


@kind(3, end="rollback")
def rollback(t):
    update_one(t)
    ledger_many(t)


@kind(2, hold_steps=15)
def idle_in_transaction(t):
    update_one(t)


@kind(3, hold_steps=25)
def long_transaction(t):
    update_one(t)
    t.hold(10)
    ledger_one(t)
    t.hold(10)
    threshold_edit(t)


@kind(3, end="commit prepared")
def two_phase_commit(t):
    update_one(t)
    ledger_one(t)


@kind(2, end="rollback prepared")
def two_phase_rollback(t):
    update_one(t)
    insert_again(t)


@kind(3)
def oversell(t):
    t.expect_refusal(
        f"update {STOCK} set on_hand = on_hand - 100000 where store_id = %(s)s and product_id = %(p)s and not allow_negative",
        key(t.rng),
    )


@kind(2)
def oversell_ledger(t):
    t.expect_refusal(
        f"insert into {LEDGER} (store_id, product_id, kind, on_hand_delta) values (%(s)s, %(p)s, 'sale', -100000)", key(t.rng)
    )
