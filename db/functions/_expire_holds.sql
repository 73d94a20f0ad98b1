-- Lets holds expire, set-based: their units are available again, each by a movement of kind release in the name of its order.
--   in_hold_ids  which; their stock rows are locked. Those that are not held any more, whose time was prolonged, or that
--                extend_reservation() has in hand at this moment stay
--   in_actor, in_correlation_id  for the movements
-- Returns how many expired.
-- Reads: stock_reservations. Writes: stock_holds, inventory_stock, stock_ledger. Locks: the holds, passing over those that are locked.
create or replace function inventory._expire_holds(in_hold_ids bigint[], in_actor text, in_correlation_id text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
set jit = off
as $$
declare
    v_movements inventory.stock_movement[];
    v_references text[];
    v_document_ids bigint[];
    v_times timestamptz[];
begin
    with due as (
        select h.hold_id
        from inventory.stock_holds as h
        where h.hold_id = any (in_hold_ids) and h.state = 'held' and h.expires_at <= clock_timestamp()
        order by h.hold_id
        for no key update skip locked
    ),
    expired as (
        update inventory.stock_holds as h set state = 'expired', changed_at = clock_timestamp()
        from due as d
        where h.hold_id = d.hold_id
        returning h.hold_id, h.reservation_id, h.store_id, h.product_id, h.units, h.expires_at
    )
    select
        array_agg(
            (
                null, e.store_id, null, e.product_id, null, 'release', 0, -e.units, s.on_hand, s.reserved - e.gone, s.version + e.step
            )::inventory.stock_movement
            order by e.hold_id
        ),
        array_agg(r.order_code order by e.hold_id), array_agg(r.document_id order by e.hold_id), array_agg(e.expires_at order by e.hold_id)
    into v_movements, v_references, v_document_ids, v_times
    from (
        select x.*, inventory._sum(x.units) over running as gone, row_number() over running as step
        from expired as x
        window running as (partition by x.store_id, x.product_id order by x.hold_id)
    ) as e
    join inventory.inventory_stock as s on s.store_id = e.store_id and s.product_id = e.product_id
    join inventory.stock_reservations as r on r.reservation_id = e.reservation_id;
    if v_movements is null then
        return 0;
    end if;
    update inventory.inventory_stock as s set
        reserved = m.reserved, version = m.version, updated_at = clock_timestamp()
    from (
        select distinct on (u.store_id, u.product_id) u.store_id, u.product_id, u.reserved, u.version
        from unnest(v_movements) as u
        order by u.store_id, u.product_id, u.version desc
    ) as m
    where s.store_id = m.store_id and s.product_id = m.product_id;
    perform inventory._write_expiries(v_movements, v_references, v_document_ids, v_times, in_actor, in_correlation_id);
    return cardinality(v_movements);
end
$$;

comment on function inventory._expire_holds(bigint[], text, text) is 'Lets holds expire whose time is over.';
