-- What an order has reserved, as lines: what is paid when nothing else is said.
-- Reads: stock_holds, products.
create or replace function inventory._held_lines(in_reservation_id bigint) returns inventory.operation_line[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return (
        select array_agg(
            (
                h.place, h.product_id, p.sku, h.quantity, h.unit, p.base_unit, h.numerator, h.denominator, null, h.price, null, null,
                null, null, null, null, h.unit_numerator, h.unit_denominator
            )::inventory.operation_line
            order by h.place
        )
        from (
            select o.*, row_number() over (order by o.hold_id) as place
            from inventory.stock_holds as o
            where o.reservation_id = in_reservation_id and not o.is_settled
        ) as h
        join inventory.products as p on p.product_id = h.product_id
    );
end
$$;

comment on function inventory._held_lines(bigint) is 'What an order has reserved, as lines.';
