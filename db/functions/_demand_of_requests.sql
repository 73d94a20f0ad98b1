-- What each request of a batch takes from each stock row, beside what the row has, once the rows are locked. Rows that are missing are
-- made only where they may go below zero: from another nothing can be taken, and a refused request makes none.
--   in_requests, in_store_ids, in_stores  the number of the request of each part, its store and the store's code
--   in_parts                              in the order of requests
--   in_is_missing                         that a part is of a product without a recipe whose own stock row was not there
-- Returns the demand in the order of requests.
-- Reads: inventory_stock, stock_remainders, products, stores, stock_lots. Locks: the stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory._demand_of_requests(
    in_requests integer[], in_store_ids bigint[], in_stores text[], in_parts inventory.deduction_part[],
    in_is_missing boolean[]
) returns inventory.deduction_demand[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_keys inventory.stock_key[] := array(
        select (p.store_id, p.product_id)::inventory.stock_key
        from unnest(in_store_ids, in_parts) as p (store_id, line, product, ingredient, product_id, sku, numerator, denominator)
        left join inventory.inventory_stock as s on s.store_id = p.store_id and s.product_id = p.product_id
        left join inventory.products as d on d.product_id = p.product_id
        left join inventory.stores as t on t.store_id = p.store_id
        where s.store_id is not null or coalesce(d.allow_negative, t.allow_negative)
        group by p.store_id, p.product_id
    );
    v_new inventory.stock_key[] := inventory._lock_stock_rows(v_keys);
begin
    return (
        with parts as (
            select
                p.*,
                inventory._lcm(p.denominator) over (partition by p.request, p.store_id, p.product_id) as base,
                dense_rank() over (order by p.store_id, p.product_id) as slot
            from unnest(in_requests, in_store_ids, in_stores, in_is_missing, in_parts) with ordinality as p (
                request, store_id, store, is_missing, line, product, ingredient, product_id, sku, numerator, denominator, place
            )
        ),
        demand as (
            select
                p.request, p.slot, p.store_id, min(p.store) as store, p.product_id, min(p.sku) as sku, p.base,
                sum(p.numerator * div(p.base, p.denominator)) as amount, array_agg(distinct p.line) as lines,
                min(p.place) as place, min(p.line) filter (where not p.is_missing) as first_line,
                min(p.place) filter (where not p.is_missing) as first_place
            from parts as p
            group by p.request, p.slot, p.store_id, p.product_id, p.base
        ),
        -- Once per stock row, however many requests take from it: the lots of one may be thousands.
        kept as materialized (
            select
                s.store_id, s.product_id, s.allow_negative, s.version,
                s.available - case when s.keeps_lots then inventory._expired_units(s.store_id, s.product_id) else 0 end as available
            from unnest(v_keys) as k
            join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
        ),
        stock as (
            select
                d.slot, h.numerator, h.denominator, coalesce(s.allow_negative, false) as may_go_below, coalesce(s.version, 0) as version,
                sum(d.amount * div(d.bases, d.base)) * h.denominator > h.numerator * d.bases as is_short
            from (select m.*, inventory._lcm(m.base) over (partition by m.slot) as bases from demand as m) as d
            left join kept as s on s.store_id = d.store_id and s.product_id = d.product_id
            left join inventory.stock_remainders as r on r.store_id = s.store_id and r.product_id = s.product_id
            cross join lateral (
                select
                    coalesce(s.available, 0) * coalesce(r.denominator, 1) + coalesce(r.numerator, 0) as numerator,
                    coalesce(r.denominator, 1) as denominator
            ) as h
            group by d.slot, d.bases, h.numerator, h.denominator, s.allow_negative, s.version
        )
        select array_agg(
            (
                d.request, d.slot, d.store_id, d.store, d.product_id, d.sku, f.numerator, f.denominator, d.lines, s.numerator,
                s.denominator, s.may_go_below, s.version, s.is_short and not s.may_go_below,
                (d.store_id, d.product_id)::inventory.stock_key = any (v_new), d.place, d.first_line, d.first_place
            )::inventory.deduction_demand
            order by d.request, d.place
        )
        from demand as d
        join stock as s on s.slot = d.slot
        cross join lateral (
            select div(d.amount, gcd(d.amount, d.base)) as numerator, div(d.base, gcd(d.amount, d.base)) as denominator
        ) as f
    );
end
$$;

comment on function inventory._demand_of_requests(integer[], bigint[], text[], inventory.deduction_part[], boolean[]) is
    'What each request of a batch takes from each stock row, beside what the locked row has.';
