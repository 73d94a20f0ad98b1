-- A demand beside what its stock rows have now, exactly: whole units that are available and have not expired, and the remainder.
-- What is not there has version 0 and the policy that its row would be made with.
-- Everything is found by its index, whatever plan looked cheap when the tables were small, and planned
-- once: the number of lines changes what a plan seems to cost, and planning costs more than the look-ups.
-- Reads: inventory_stock, stock_remainders, products, stores, stock_lots. Locks nothing: a deduction holds the stock rows when it asks.
create or replace function inventory._demand_stock(in_store_id bigint, in_demand inventory.stock_demand[])
returns table (
    place bigint, product_id bigint, sku text, base_unit text, need_numerator numeric, need_denominator numeric, have_numerator numeric,
    have_denominator numeric, need numeric, have numeric, may_go_below boolean,
    is_short boolean, version bigint, lines integer[]
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    return query
    select
        d.place, d.product_id, d.sku, p.base_unit, d.numerator, d.denominator, h.numerator, h.denominator,
        trim_scale(round(d.numerator / d.denominator, 9)),
        -- For people: where nothing may be owed, nobody has less than nothing.
        trim_scale(round(case when h.may_go_below then h.numerator else greatest(h.numerator, 0) end / h.denominator, 9)),
        h.may_go_below, not h.may_go_below and h.numerator * d.denominator < d.numerator * h.denominator,
        coalesce(s.version, 0), d.lines
    from unnest(in_demand) with ordinality as d (product_id, sku, numerator, denominator, lines, place)
    left join inventory.stores as t on t.store_id = in_store_id
    left join inventory.products as p on p.product_id = d.product_id
    left join inventory.inventory_stock as s on s.store_id = in_store_id and s.product_id = d.product_id
    left join inventory.stock_remainders as r on r.store_id = in_store_id and r.product_id = d.product_id
    cross join lateral (
        select
            (coalesce(s.available, 0) - case when s.keeps_lots then inventory._expired_units(s.store_id, s.product_id) else 0 end)
                * coalesce(r.denominator, 1) + coalesce(r.numerator, 0) as numerator,
            coalesce(r.denominator, 1) as denominator,
            coalesce(s.allow_negative, p.allow_negative, t.allow_negative, false) as may_go_below
    ) as h;
end
$$;

comment on function inventory._demand_stock(bigint, inventory.stock_demand[]) is 'A demand beside what its stock rows have now.';
