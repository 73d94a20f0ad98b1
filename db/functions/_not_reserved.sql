-- The error of an order that has nothing reserved in a store, and what became of what it had.
-- Reads: stock_holds.
create or replace function inventory._not_reserved(in_operation inventory.operation, in_reservation_id bigint, in_order text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_state text;
begin
    select h.state into v_state
    from inventory.stock_holds as h
    where h.reservation_id = in_reservation_id
    order by h.changed_at desc, h.hold_id desc
    limit 1;
    return jsonb_build_array(jsonb_build_object(
        'code', 'not_reserved',
        'message', format('Order %s has nothing reserved in %s', in_order, in_operation.store),
        'detail', coalesce('What it had was ' || v_state || '.', 'It never had.'),
        'hint', 'reserve_stock() comes first; record_sale() sells without it.',
        'store', in_operation.store, 'order', in_order, 'state', v_state
    ));
end
$$;

comment on function inventory._not_reserved(inventory.operation, bigint, text) is 'The error of an order that has nothing reserved.';
