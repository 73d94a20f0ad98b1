-- A new day in stores: of their low stock, what was sold in the 30 whole days before it, and so its rank; and sales by day that are older
-- than is kept go.
--   in_all  every store, else those in which a new day has begun
-- Reads: stores, folded_stores, sales_by_day, folded_stock, settings. Writes: folded_alerts, folded_stores, sales_by_day.
create or replace function inventory._turn_day(in_all boolean) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_days integer := inventory._sales_days_kept();
begin
    with turned as (
        insert into inventory.folded_stores as d (store_id, day)
        select t.store_id, (now() at time zone t.time_zone)::date from inventory.stores as t
        on conflict (store_id) do update set day = excluded.day where d.day <> excluded.day or in_all
        returning d.store_id, d.day
    ),
    old as (
        delete from inventory.sales_by_day as d using turned as t where d.store_id = t.store_id and d.day < t.day - v_days
    )
    update inventory.folded_alerts as a set sold_30 = v.sold_30, rank = inventory._alert_rank(a.available, v.sold_30)
    from turned as t
    join inventory.folded_alerts as o on o.store_id = t.store_id
    cross join lateral (select inventory._sold_30(o.store_id, o.product_id, t.day) as sold_30 offset 0) as v
    where a.store_id = o.store_id and a.product_id = o.product_id
        and (a.sold_30 <> v.sold_30 or a.rank <> inventory._alert_rank(a.available, v.sold_30));
end
$$;

comment on function inventory._turn_day(boolean) is 'A new day in stores: the sales and the ranks of their low stock.';
