-- Lets what an order has reserved in a store hold longer: ttl from now, and never shorter than before.
--   order            what the shop calls the order or the cart
--   store            the store's code
--   ttl              how long from now; left out: the setting reservation_minutes; at most reservation_minutes_max
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, reservation, ticket; nothing moves. docs/reference/operations.md has its shape.
-- A refusal (not_reserved, reservation_expired) changes nothing: when something of it has expired, reserve_stock() says whether it is
-- still there.
-- Raises 22... for wrong arguments, SD006 for an unknown store, 40001 when another transaction was first.
-- Reads: stores, products, settings. Writes: inventory_deduction_idempotency, stock_holds, operation_refusals.
-- Locks: its key, the order, the order's holds. Not the stock rows: who waits for a hot product need not wait for this.
create or replace function inventory.extend_reservation(
    "order" text, store text, ttl interval default null, actor text default null, idempotency_key text default null,
    correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_operation inventory.operation;
    v_ttl interval;
    v_reservation_id bigint;
    v_expired text;
begin
    v_operation := inventory._begin_operation(
        'extend_reservation', extend_reservation.store,
        jsonb_build_object('order', extend_reservation."order", 'ttl', extract(epoch from extend_reservation.ttl)),
        null, extend_reservation.actor, null, extend_reservation.idempotency_key, extend_reservation.correlation_id, null, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    perform inventory._check_order(extend_reservation."order");
    v_ttl := inventory._time_to_live(extend_reservation.ttl);
    v_reservation_id := inventory._lock_order(v_operation, extend_reservation."order", false);
    -- The lock comes first: what is read before it may have expired while it was waited for.
    perform from inventory.stock_holds as h
    where h.reservation_id = v_reservation_id and not h.is_settled
    order by h.hold_id
    for no key update;
    if not found then
        return inventory._refuse(v_operation, inventory._not_reserved(v_operation, v_reservation_id, extend_reservation."order"));
    end if;
    select string_agg(p.sku, ', ' order by h.hold_id) into v_expired
    from inventory.stock_holds as h
    join inventory.products as p on p.product_id = h.product_id
    where h.reservation_id = v_reservation_id and not h.is_settled and (h.state <> 'held' or h.expires_at <= clock_timestamp());
    if v_expired is not null then
        return inventory._refuse(v_operation, jsonb_build_array(jsonb_build_object(
            'code', 'reservation_expired',
            'message', format('The reservation of order %s in %s has expired', extend_reservation."order", extend_reservation.store),
            'detail', format('Expired: %s.', left(v_expired, 1000)),
            'hint', 'Call reserve_stock() again: it says whether all of it is still there.',
            'store', extend_reservation.store, 'order', extend_reservation."order"
        )));
    end if;
    update inventory.stock_holds as h set
        expires_at = greatest(h.expires_at, clock_timestamp() + v_ttl), changed_at = clock_timestamp()
    where h.reservation_id = v_reservation_id and not h.is_settled;
    return inventory._finish_operation(
        v_operation, null, null,
        jsonb_build_object('reservation', inventory._reservation_json(v_reservation_id, extend_reservation."order"))
    );
end
$$;

comment on function inventory.extend_reservation(text, text, interval, text, text, text) is
    'Lets what an order has reserved hold longer; refused when something of it has expired.';
