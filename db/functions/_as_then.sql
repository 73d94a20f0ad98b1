-- Lines that speak of what was done before, with units as they were then: of a product and unit that in_then has with one ratio, a line
-- counts by that, so that a changed unit does not change what "1 box of it" was.
-- Returns the lines in their order. Reads no table.
create or replace function inventory._as_then(in_lines inventory.operation_line[], in_then inventory.operation_line[])
returns inventory.operation_line[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select
            (
                l.line, l.product_id, l.sku, l.quantity, l.unit, l.base_unit, coalesce(f.numerator, l.numerator),
                coalesce(f.denominator, l.denominator), l.unit_cost, l.price, l.lot, l.expires_on, l.expected_version, l.expected_quantity,
                l.original_document_id, l.original_line, coalesce(t.unit_numerator, l.unit_numerator),
                coalesce(t.unit_denominator, l.unit_denominator)
            )::inventory.operation_line
        from unnest(in_lines) with ordinality as l (
            line, product_id, sku, quantity, unit, base_unit, numerator, denominator, unit_cost, price, lot, expires_on,
            expected_version, expected_quantity, original_document_id, original_line, unit_numerator, unit_denominator, place
        )
        left join (
            select o.product_id, o.unit, min(o.unit_numerator) as unit_numerator, min(o.unit_denominator) as unit_denominator
            from unnest(in_then) as o
            group by o.product_id, o.unit
            having min(o.unit_numerator) = max(o.unit_numerator) and min(o.unit_denominator) = max(o.unit_denominator)
        ) as t on t.product_id = l.product_id and t.unit = l.unit
        left join lateral inventory._fraction(
            l.quantity * 1000000000 * t.unit_numerator, 1000000000 * t.unit_denominator
        ) as f on t.product_id is not null
        order by l.place
    );
end
$$;

comment on function inventory._as_then(inventory.operation_line[], inventory.operation_line[]) is
    'Lines that speak of what was done before, with units as they were then.';
