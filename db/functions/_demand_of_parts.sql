-- What parts come to, per stock row, exactly: several lines, and several recipes, that take the same are one demand.
-- Returns the demand in the order in which stock rows are first named; null of none.
create or replace function inventory._demand_of_parts(in_parts inventory.deduction_part[]) returns inventory.stock_demand[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    return (
        select array_agg((s.product_id, s.sku, f.numerator, f.denominator, s.lines)::inventory.stock_demand order by s.place)
        from (
            select
                p.product_id, min(p.sku) as sku, p.base as denominator, sum(p.numerator * div(p.base, p.denominator)) as numerator,
                array_agg(distinct p.line) as lines, min(p.place) as place
            from (
                select d.*, inventory._lcm(d.denominator) over (partition by d.product_id) as base
                from unnest(in_parts) with ordinality as d (line, product, ingredient, product_id, sku, numerator, denominator, place)
            ) as p
            group by p.product_id, p.base
        ) as s
        cross join lateral (
            select
                div(s.numerator, gcd(s.numerator, s.denominator)) as numerator, div(s.denominator, gcd(s.numerator, s.denominator)) as denominator
        ) as f
    );
end
$$;

comment on function inventory._demand_of_parts(inventory.deduction_part[]) is 'What parts of a deduction come to, per stock row.';
