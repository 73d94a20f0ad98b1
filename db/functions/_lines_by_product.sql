-- What lines ask for of each product, exactly. A product that one line alone asks for keeps the words of that line.
-- Returns a row per product: its first line and all of them; numerator/denominator base units, reduced; quantity in the unit.
create or replace function inventory._lines_by_product(in_lines inventory.operation_line[])
returns table (
    product_id bigint, sku text, line integer, lines integer[], numerator numeric, denominator numeric, quantity numeric, unit text,
    unit_numerator numeric, unit_denominator numeric, price numeric
)
language plpgsql immutable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
#variable_conflict use_column
begin
    return query
    select
        s.product_id, s.sku, s.line, s.lines, f.numerator, f.denominator,
        case when s.is_alone then s.quantity else trim_scale(round(f.numerator / f.denominator, 9)) end,
        case when s.is_alone then s.unit else s.base_unit end,
        case when s.is_alone then s.unit_numerator else 1 end, case when s.is_alone then s.unit_denominator else 1 end,
        case when s.is_alone then s.price end
    from (
        select
            p.product_id, p.size, count(*) = 1 as is_alone, min(p.sku) as sku, min(p.line) as line, array_agg(p.line order by p.line) as lines,
            sum(p.numerator * div(p.size, p.denominator)) as total, min(p.quantity) as quantity, min(p.unit) as unit,
            min(p.base_unit) as base_unit, min(p.unit_numerator) as unit_numerator, min(p.unit_denominator) as unit_denominator,
            min(p.price) as price
        from (
            select l.*, inventory._lcm(l.denominator) over (partition by l.product_id) as size from unnest(in_lines) as l
        ) as p
        group by p.product_id, p.size
    ) as s
    cross join lateral inventory._fraction(s.total, s.size) as f;
end
$$;

comment on function inventory._lines_by_product(inventory.operation_line[]) is 'What lines ask for of each product, exactly.';
