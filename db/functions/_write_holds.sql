-- Writes what an order holds: a hold per product of the lines, made or changed.
--   in_expires_at  until when
-- Writes: stock_holds; the stock rows are locked, and holds that end were settled before.
create or replace function inventory._write_holds(
    in_operation inventory.operation, in_reservation_id bigint, in_lines inventory.operation_line[], in_expires_at timestamptz
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into inventory.stock_holds as h (
        reservation_id, store_id, product_id, units, numerator, denominator, quantity, unit, unit_numerator, unit_denominator, price,
        expires_at
    )
    select
        in_reservation_id, in_operation.store_id, l.product_id, -inventory._floor(-l.numerator, l.denominator), l.numerator,
        l.denominator, l.quantity, l.unit, l.unit_numerator, l.unit_denominator, l.price, in_expires_at
    from inventory._lines_by_product(in_lines) as l
    order by l.line
    on conflict (reservation_id, product_id) where not is_settled do update set
        units = excluded.units, numerator = excluded.numerator, denominator = excluded.denominator, quantity = excluded.quantity,
        unit = excluded.unit, unit_numerator = excluded.unit_numerator, unit_denominator = excluded.unit_denominator,
        price = excluded.price, expires_at = excluded.expires_at, changed_at = clock_timestamp();
end
$$;

comment on function inventory._write_holds(inventory.operation, bigint, inventory.operation_line[], timestamptz) is
    'Writes what an order holds, a hold per product.';
