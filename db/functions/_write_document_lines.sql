-- Writes the lines of a document.
--   in_lines      as they were read; their places become their numbers
--   in_movements  one per line, in the same order; null when nothing moved yet
-- Writes: stock_document_lines.
-- No SET search_path: its callers fix it.
create or replace function inventory._write_document_lines(
    in_document_id bigint, in_lines inventory.operation_line[], in_movements inventory.stock_movement[]
) returns void
language plpgsql volatile
as $$
begin
    insert into inventory.stock_document_lines (
        document_id, line, product_id, quantity, unit, numerator, denominator, unit_cost, price, lot, expires_on, version,
        original_document_id, original_line
    )
    select
        in_document_id, l.place, l.product_id, l.quantity, l.unit, l.numerator, l.denominator, l.unit_cost, l.price, l.lot,
        l.expires_on, v.version, l.original_document_id, l.original_line
    from unnest(in_lines) with ordinality as l (
        line, product_id, sku, quantity, unit, base_unit, numerator, denominator, unit_cost, price, lot, expires_on,
        expected_version, expected_quantity, original_document_id, original_line, unit_numerator, unit_denominator, place
    )
    left join unnest(array(select m.version from unnest(in_movements) as m)) with ordinality as v (version, place)
        on v.place = l.place;
end
$$;

comment on function inventory._write_document_lines(bigint, inventory.operation_line[], inventory.stock_movement[]) is
    'Writes the lines of a document.';
