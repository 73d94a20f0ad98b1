-- What it takes to give back all that orders hold of a product, in every store.
--   in_operation  the deletion; each release is one of its own, with the order's reference unless the deletion has one
-- Returns the holds, and per hold the change, the operation it belongs to and its number; orders for the answer, units in sum. All null
-- when nothing is held. The stock rows are locked.
-- Reads: inventory_stock, stock_holds, stock_reservations, stores.
create or replace function inventory._plan_product_release(
    in_operation inventory.operation, in_product_id bigint, in_sku text,
    out hold_ids bigint[], out changes inventory.stock_change[], out operations inventory.operation[], out numbers integer[],
    out orders jsonb, out units numeric, out reservation_ids bigint[]
)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
    select
        array_agg(h.hold_id order by h.place),
        array_agg(
            (null, h.store_id, h.store, in_product_id, in_sku, 'release', 0, 1, 0, -h.units)::inventory.stock_change order by h.place
        ),
        array_agg(
            (
                in_operation.name, h.store_id, h.store, null, null, null, in_operation.reason,
                coalesce(in_operation.reference, h.order_code), in_operation.actor, in_operation.correlation_id,
                in_operation.occurred_at, h.document_id, null
            )::inventory.operation
            order by h.place
        ),
        array_agg(h.place::integer order by h.place),
        jsonb_agg(jsonb_build_object('store', h.store, 'order', h.order_code, 'units', h.units) order by h.place),
        sum(h.units),
        array_agg(h.reservation_id)
    from (
        select
            o.hold_id, o.reservation_id, o.store_id, o.units, t.code as store, r.order_code, r.document_id,
            row_number() over (order by o.store_id, o.hold_id) as place
        from inventory.inventory_stock as s
        join inventory.stock_holds as o on o.store_id = s.store_id and o.product_id = s.product_id
        join inventory.stock_reservations as r on r.reservation_id = o.reservation_id
        join inventory.stores as t on t.store_id = o.store_id
        where s.product_id = in_product_id and o.state = 'held'
    ) as h
$$;

comment on function inventory._plan_product_release(inventory.operation, bigint, text) is
    'What it takes to give back all that orders hold of a product.';
