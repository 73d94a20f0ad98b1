-- Counts the sales by day anew from the ledger that is kept, for a rebuild, and for stores whose days begin at another hour.
--   in_snapshot  what it does not see is folded next time
--   in_floor     movements up to it are history that was made on another server, and all read
--   in_stores    null for all
-- Reads: stock_ledger, stores, settings. Writes: sales_by_day, folded_stock. Called by whoever folds.
create or replace function inventory._count_sales(in_snapshot pg_snapshot, in_floor bigint, in_stores bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = on
set enable_mergejoin = on
set plan_cache_mode = force_custom_plan
set jit = off
set max_parallel_workers_per_gather = 0
set work_mem = '64MB'
as $$
declare
    v_oldest_month date := (
        select to_date(min(right(c.relname, 7)), 'YYYY_MM')
        from pg_inherits as i
        join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'inventory.stock_ledger_months'::regclass and c.relname <> 'stock_ledger_default'
    );
    -- Months were let go when a store is older than what is left; nothing else outlives a restore. A subscriber has what is older beside the
    -- months. Of the first day that the ledger is kept of, only a part may be.
    v_kept_from date := case
        when exists (select from inventory.stores as t where t.created_at < v_oldest_month::timestamp at time zone 'UTC')
            and not exists (select from inventory.stock_ledger_default as d where d.recorded_at < v_oldest_month::timestamp at time zone 'UTC')
            then v_oldest_month + 2
        else '-infinity'
    end;
    -- A day before is counted nowhere, and where it is the last one with a sale the shadow knows it alone.
    v_from date := greatest(v_kept_from, current_date - inventory._sales_days_kept());
begin
    update inventory.folded_stock as f set sold_on = null, sold = 0
    where f.sold_on is not null and f.sold_on >= v_from and (in_stores is null or f.store_id = any (in_stores));
    with counted as materialized (
        select m.store_id, m.product_id, m.day, -sum(m.on_hand_delta) as sold
        from (
            select
                l.store_id, l.product_id, l.on_hand_delta,
                inventory._day_at(l.occurred_at, t.time_zone) as day
            from inventory.stock_ledger as l
            join inventory.stores as t on t.store_id = l.store_id
            where (in_stores is null or l.store_id = any (in_stores)) and inventory._is_sale(l.kind)
                and (l.movement_id <= in_floor or pg_visible_in_snapshot(l.xid, in_snapshot))
        ) as m
        where m.day >= v_from
        group by m.store_id, m.product_id, m.day
    ),
    gone as (
        delete from inventory.sales_by_day as d
        where d.day >= v_from and (in_stores is null or d.store_id = any (in_stores))
            and not exists (select from counted as c where c.store_id = d.store_id and c.product_id = d.product_id and c.day = d.day)
    )
    insert into inventory.sales_by_day as d (store_id, product_id, day, sold)
    select c.store_id, c.product_id, c.day, c.sold from counted as c
    on conflict (store_id, product_id, day) do update set sold = excluded.sold where d.sold <> excluded.sold;
end
$$;

comment on function inventory._count_sales(pg_snapshot, bigint, bigint[]) is 'Counts the sales by day anew from the ledger that is kept.';
