-- What parts come to, per stock row, exactly: several lines, and several recipes, that take the same are one demand.
-- Returns the demand in the order in which stock rows are first named; null of none.
create or replace function inventory._demand_of_parts(in_parts inventory.deduction_part[]) returns inventory.stock_demand[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    return (
        select array_agg((s.product_id, s.sku, f.numerator, f.denominator, s.lines)::inventory.stock_demand order by s.place)
        from (
            select
                p.product_id, min(p.sku) as sku, b.denominator, sum(p.numerator * div(b.denominator, p.denominator)) as numerator,
                array_agg(distinct p.line) as lines, min(p.place) as place
            from unnest(in_parts) with ordinality as p (line, product, ingredient, product_id, sku, numerator, denominator, place)
            join (
                select d.product_id, inventory._lcm(d.denominator) as denominator from unnest(in_parts) as d group by d.product_id
            ) as b on b.product_id = p.product_id
            group by p.product_id, b.denominator
        ) as s
        cross join lateral inventory._fraction(s.numerator, s.denominator) as f
    );
end
$$;

comment on function inventory._demand_of_parts(inventory.deduction_part[]) is 'What parts of a deduction come to, per stock row.';
