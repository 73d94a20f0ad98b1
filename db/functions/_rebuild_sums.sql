-- The second half of a rebuild, when the shadows are right: adds up the sums anew and sets right those that differ, lets go what is of no
-- product or store any more, and counts the sales of the ledger that is kept.
--   in_snapshot  that of the first half: what it does not see is folded next time
--   in_floor     movements up to it are history that was made on another server, and all read
-- Reads: folded_stock, stock_ledger, stores, products, inventory_stock. Writes: folded_products, folded_store_categories, folded_alerts,
-- sales_by_day, folded_stock. Called by whoever folds.
create or replace function inventory._rebuild_sums(in_snapshot pg_snapshot, in_floor bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = on
set enable_mergejoin = on
set jit = off
set max_parallel_workers_per_gather = 0
set work_mem = '64MB'
as $$
begin
    with sums as (
        select
            f.product_id, sum(f.on_hand) as on_hand, sum(f.reserved) as reserved, sum(f.low_stock_threshold) as threshold,
            count(*) as stores, count(*) filter (where f.on_hand > 0) as stores_with_stock,
            count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'low_stock') as stores_low,
            count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'out_of_stock') as stores_out,
            coalesce(sum(f.cost_value), 0) as cost_value, count(*) filter (where f.cost_value is null) as stores_without_cost
        from inventory.folded_stock as f
        where f.is_counted
        group by f.product_id
    )
    update inventory.folded_products as f set
        status = inventory._stock_status(coalesce(s.on_hand - s.reserved, 0), coalesce(s.threshold, 0)),
        on_hand = coalesce(s.on_hand, 0), reserved = coalesce(s.reserved, 0), low_stock_threshold = coalesce(s.threshold, 0),
        stores = coalesce(s.stores, 0), stores_with_stock = coalesce(s.stores_with_stock, 0), stores_low = coalesce(s.stores_low, 0),
        stores_out = coalesce(s.stores_out, 0), cost_value = coalesce(s.cost_value, 0), stores_without_cost = coalesce(s.stores_without_cost, 0)
    from inventory.folded_products as o
    left join sums as s on s.product_id = o.product_id
    where f.product_id = o.product_id
        and (
            f.on_hand, f.reserved, f.low_stock_threshold, f.stores, f.stores_with_stock, f.stores_low, f.stores_out, f.cost_value,
            f.stores_without_cost, f.status
        ) is distinct from (
            coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.threshold, 0), coalesce(s.stores, 0),
            coalesce(s.stores_with_stock, 0), coalesce(s.stores_low, 0), coalesce(s.stores_out, 0), coalesce(s.cost_value, 0),
            coalesce(s.stores_without_cost, 0),
            inventory._stock_status(coalesce(s.on_hand - s.reserved, 0), coalesce(s.threshold, 0))
        );
    update inventory.folded_products as f set moved_at = m.moved_at
    from (
        select l.product_id, max(l.recorded_at) as moved_at
        from inventory.stock_ledger as l
        where l.movement_id <= in_floor or pg_visible_in_snapshot(l.xid, in_snapshot)
        group by l.product_id
    ) as m
    where f.product_id = m.product_id and (f.moved_at is null or f.moved_at < m.moved_at);
    delete from inventory.folded_products as f
    where f.stores = 0 and not exists (select from inventory.products as p where p.product_id = f.product_id);

    with sums as (
        select
            f.store_id, f.category_id, count(*) as products,
            count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'in_stock') as in_stock,
            count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'low_stock') as low_stock,
            count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'out_of_stock') as out_of_stock,
            sum(f.on_hand) as on_hand, sum(f.reserved) as reserved, coalesce(sum(f.cost_value), 0) as cost_value,
            count(*) filter (where f.cost_value is null) as without_cost, coalesce(sum(f.price_value), 0) as price_value,
            count(*) filter (where f.price_value is null) as without_price
        from inventory.folded_stock as f
        where f.is_counted
        group by f.store_id, f.category_id
    ),
    gone as (
        delete from inventory.folded_store_categories as f
        where not exists (select from sums as s where s.store_id = f.store_id and s.category_id = f.category_id)
    )
    insert into inventory.folded_store_categories as f (
        store_id, category_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, cost_value, without_cost, price_value,
        without_price
    )
    select s.* from sums as s
    on conflict (store_id, category_id) do update set
        products = excluded.products, in_stock = excluded.in_stock, low_stock = excluded.low_stock, out_of_stock = excluded.out_of_stock,
        on_hand = excluded.on_hand, reserved = excluded.reserved, cost_value = excluded.cost_value, without_cost = excluded.without_cost,
        price_value = excluded.price_value, without_price = excluded.without_price
    where (
        f.products, f.in_stock, f.low_stock, f.out_of_stock, f.on_hand, f.reserved, f.cost_value, f.without_cost, f.price_value,
        f.without_price
    ) is distinct from (
        excluded.products, excluded.in_stock, excluded.low_stock, excluded.out_of_stock, excluded.on_hand, excluded.reserved,
        excluded.cost_value, excluded.without_cost, excluded.price_value, excluded.without_price
    );

    delete from inventory.folded_alerts as a
    where not exists (
        select from inventory.folded_stock as f
        where f.store_id = a.store_id and f.product_id = a.product_id and f.is_counted and f.is_alerted
    );
    insert into inventory.folded_alerts as a (store_id, product_id, available, low_stock_threshold, sold_30, rank, since)
    select f.store_id, f.product_id, f.on_hand - f.reserved, f.low_stock_threshold, 0, 0, coalesce(f.moved_at, now())
    from inventory.folded_stock as f
    where f.is_counted and f.is_alerted
    on conflict (store_id, product_id) do update set available = excluded.available, low_stock_threshold = excluded.low_stock_threshold
    where (a.available, a.low_stock_threshold) is distinct from (excluded.available, excluded.low_stock_threshold);

    perform inventory._count_sales(in_snapshot, in_floor, null);
    perform inventory._turn_day(true);
end
$$;

comment on function inventory._rebuild_sums(pg_snapshot, bigint) is 'Sets right the sums of the views by their shadows, and the sales by the ledger.';
