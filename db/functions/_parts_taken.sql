-- What lines of a deduction took, as it was recorded.
-- Reads: inventory_deduction_parts, products.
create or replace function inventory._parts_taken(in_document_id bigint, in_lines inventory.operation_line[])
returns inventory.deduction_part[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    return array(
        select (t.line, null, null, t.product_id, coalesce(p.sku, ''), t.numerator, t.denominator)::inventory.deduction_part
        from inventory.inventory_deduction_parts as t
        left join inventory.products as p on p.product_id = t.product_id
        where t.document_id = in_document_id and t.line in (select l.line from unnest(in_lines) as l)
        order by t.line, t.product_id
    );
end
$$;

comment on function inventory._parts_taken(bigint, inventory.operation_line[]) is 'What lines of a deduction took, as it was recorded.';

-- The share of these that is given back: of each part as much as of its line.
--   in_pieces  the lines with what is given back of them; expected_quantity is what was sold
--   in_taken   what they took
create or replace function inventory._parts_given(in_pieces inventory.operation_line[], in_taken inventory.deduction_part[])
returns inventory.deduction_part[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    return array(
        select (t.line, null, null, t.product_id, t.sku, f.numerator, f.denominator)::inventory.deduction_part
        from unnest(in_taken) as t
        join unnest(in_pieces) as l on l.line = t.line
        cross join lateral inventory._fraction(
            t.numerator * l.numerator * l.unit_denominator * 1000000000,
            t.denominator * l.denominator * l.unit_numerator * (l.expected_quantity * 1000000000)
        ) as f
        order by t.line, t.product_id
    );
end
$$;

comment on function inventory._parts_given(inventory.operation_line[], inventory.deduction_part[]) is
    'The share of what lines took that is given back.';
