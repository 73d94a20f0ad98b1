-- Works out inventory_analytics_mv anew from what is folded: the cost is that of a walk over the shadows, so stockd asks for it at a pace of
-- its own, and so may cron. Nobody waits.
-- Returns how many figures' rows changed; null when another session is at it.
-- Reads: folded_stock, sales_by_day, stores, products, settings. Writes: folded_analytics.
-- Locks: folded_analytics against others that do the same, tried.
create or replace function inventory.fold_analytics() returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
set max_parallel_workers_per_gather = 0
set work_mem = '64MB'
as $$
declare
    v_began_at timestamptz := clock_timestamp();
    v_dead integer := (select s.value::integer from inventory.settings as s where s.name = 'dead_stock_days');
    v_changed bigint;
begin
    perform inventory._check_every_store('fold_analytics()');
    begin
        lock table inventory.folded_analytics in share row exclusive mode nowait;
    exception when lock_not_available then
        return null;
    end;
    with days as materialized (
        select t.store_id, t.currency, (now() at time zone t.time_zone)::date as today from inventory.stores as t where t.active
    ),
    sales as materialized (
        select
            d.store_id, d.product_id,
            coalesce(sum(d.sold) filter (where d.day = y.today - 1), 0) as sold_1,
            coalesce(sum(d.sold) filter (where d.day between y.today - 7 and y.today - 1), 0) as sold_7,
            coalesce(sum(d.sold) filter (where d.day between y.today - 14 and y.today - 8), 0) as sold_7_before,
            coalesce(sum(d.sold) filter (where d.day between y.today - 30 and y.today - 1), 0) as sold_30,
            coalesce(bool_or(d.sold > 0 and d.day >= y.today - v_dead), false) as is_alive
        -- By day first: of one day a part may be in each, and what came back of the other part counts against it.
        from (
            select e.store_id, e.product_id, e.day, sum(e.sold) as sold
            from (
                select b.store_id, b.product_id, b.day, b.sold from inventory.sales_by_day as b
                where b.day > current_date - greatest(v_dead, 31) - 2
                union all
                select f.store_id, f.product_id, f.sold_on, f.sold from inventory.folded_stock as f where f.sold_on is not null
            ) as e
            group by e.store_id, e.product_id, e.day
        ) as d
        join days as y on y.store_id = d.store_id
        group by d.store_id, d.product_id
    ),
    rows as (
        select
            f.store_id, f.product_id, f.category_id, coalesce(p.vendor_id, 0) as vendor_id, y.currency, f.on_hand, f.reserved,
            inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) as status, f.cost_value, f.price_value,
            coalesce(s.sold_1, 0) as sold_1, coalesce(s.sold_7, 0) as sold_7, coalesce(s.sold_7_before, 0) as sold_7_before,
            coalesce(s.sold_30, 0) as sold_30, f.on_hand > 0 and not coalesce(s.is_alive, false) as is_dead
        from inventory.folded_stock as f
        join inventory.products as p on p.product_id = f.product_id
        join days as y on y.store_id = f.store_id
        left join sales as s on s.store_id = f.store_id and s.product_id = f.product_id
        where f.is_counted
    ),
    -- One walk, without a sort: per store and per product. What is larger is added up from the products, which are the fewer.
    sums as materialized (
        select
            r.store_id, r.product_id, r.category_id, r.vendor_id, count(*) as stock_rows, sum(r.on_hand) as on_hand,
            sum(r.reserved) as reserved, count(*) filter (where r.status = 'low_stock') as low_stock,
            count(*) filter (where r.status = 'out_of_stock') as out_of_stock, min(r.currency) as currency,
            max(r.currency) as other_currency, sum(r.cost_value) as cost_value, sum(r.price_value) as price_value,
            sum(r.sold_1) as sold_1, sum(r.sold_7) as sold_7, sum(r.sold_7_before) as sold_7_before, sum(r.sold_30) as sold_30,
            count(*) filter (where r.is_dead) as dead_rows, sum(r.on_hand) filter (where r.is_dead) as dead_units,
            sum(r.cost_value) filter (where r.is_dead) as dead_value
        from rows as r
        group by grouping sets ((r.store_id), (r.product_id, r.category_id, r.vendor_id))
    ),
    scopes as (
        select 'store' as scope, s.store_id as id, s.stock_rows as products, s.* from sums as s where s.product_id is null
        union all
        select
            case when grouping(s.category_id) = 0 then 'category' when grouping(s.vendor_id) = 0 then 'vendor' else 'overall' end,
            coalesce(s.category_id, s.vendor_id, 0), count(*), null, null, null, null, sum(s.stock_rows), sum(s.on_hand), sum(s.reserved),
            sum(s.low_stock), sum(s.out_of_stock), min(s.currency), max(s.other_currency), sum(s.cost_value), sum(s.price_value),
            sum(s.sold_1), sum(s.sold_7), sum(s.sold_7_before), sum(s.sold_30), sum(s.dead_rows), sum(s.dead_units), sum(s.dead_value)
        from sums as s
        where s.product_id is not null
        group by grouping sets ((s.category_id), (s.vendor_id), ())
        having count(*) > 0
    ),
    figures as (
        select
            s.scope, s.id, s.products, s.stock_rows, s.on_hand, s.reserved, s.low_stock, s.out_of_stock,
            case when s.currency = s.other_currency then s.currency end as currency,
            case when s.currency = s.other_currency then coalesce(s.cost_value, 0) end as cost_value,
            case when s.currency = s.other_currency then coalesce(s.price_value, 0) end as price_value,
            s.sold_1, s.sold_7, s.sold_7_before, s.sold_30, s.dead_rows, coalesce(s.dead_units, 0) as dead_units,
            case when s.currency = s.other_currency then coalesce(s.dead_value, 0) end as dead_value
        from scopes as s
        union all
        -- That there is nothing is a figure, too.
        select 'overall', 0, 0, 0, 0, 0, 0, 0, null, null, null, 0, 0, 0, 0, 0, 0, null
        where not exists (select from sums)
    ),
    gone as (
        delete from inventory.folded_analytics as a
        where not exists (select from figures as f where f.scope = a.scope and f.id = a.id)
        returning 1
    ),
    written as (
        insert into inventory.folded_analytics as a (
            scope, id, products, stock_rows, on_hand, reserved, low_stock, out_of_stock, currency, cost_value, price_value, sold_1, sold_7,
            sold_7_before, sold_30, dead_rows, dead_units, dead_value, as_of
        )
        select f.*, now() from figures as f
        on conflict (scope, id) do update set
            products = excluded.products, stock_rows = excluded.stock_rows, on_hand = excluded.on_hand, reserved = excluded.reserved,
            low_stock = excluded.low_stock, out_of_stock = excluded.out_of_stock, currency = excluded.currency,
            cost_value = excluded.cost_value, price_value = excluded.price_value, sold_1 = excluded.sold_1, sold_7 = excluded.sold_7,
            sold_7_before = excluded.sold_7_before, sold_30 = excluded.sold_30, dead_rows = excluded.dead_rows,
            dead_units = excluded.dead_units, dead_value = excluded.dead_value, as_of = excluded.as_of
        returning 1
    )
    select (select count(*) from gone) + (select count(*) from written) into v_changed;
    update inventory.folded_analytics as a set duration = clock_timestamp() - v_began_at where a.scope = 'overall';
    return v_changed;
end
$$;

comment on function inventory.fold_analytics() is 'Works out inventory_analytics_mv anew from what is folded.';
