-- What an order has reserved, as it stands in an answer: {order, expires_at, lines: [{sku, state, quantity, unit, units}]}, without what is
-- settled. expires_at is the earliest of what is held, null when nothing is.
-- Reads: stock_holds, products.
create or replace function inventory._reservation_json(in_reservation_id bigint, in_order text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return (
        select jsonb_build_object(
            'order', in_order, 'expires_at', min(h.expires_at) filter (where h.state = 'held'),
            'lines', coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'sku', p.sku, 'state', h.state, 'quantity', trim_scale(h.quantity), 'unit', h.unit,
                        'units', case h.state when 'held' then h.units else 0 end
                    )
                    order by h.hold_id
                ),
                '[]'
            )
        )
        from inventory.stock_holds as h
        join inventory.products as p on p.product_id = h.product_id
        where h.reservation_id = in_reservation_id and not h.is_settled
    );
end
$$;

comment on function inventory._reservation_json(bigint, text) is 'What an order has reserved, as it stands in an answer.';
