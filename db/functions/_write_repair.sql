-- Writes movements that take the place of lost ones: of versions that the ledger should have and has not.
--   in_from, in_until    the versions, each one movement
--   in_on_hand_delta, in_reserved_delta  what the last of them moves; the others move nothing
--   in_on_hand, in_reserved              the balances after the last of them
--   in_at                when they count as recorded: now (null), or, inside the ledger, when the movement after them was, because
--                        stock_at() goes by times that grow with versions
-- Returns the movements. Raises 22003 when a figure is no bigint.
-- Writes: stock_ledger (through stock_ledger_months, like _write_movements()). Rings the doorbell, once.
create or replace function inventory._write_repair(
    in_operation inventory.operation, in_product_id bigint, in_sku text, in_from bigint, in_until bigint,
    in_on_hand_delta numeric, in_reserved_delta numeric, in_on_hand numeric, in_reserved numeric, in_at timestamptz
) returns inventory.stock_movement[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_movements inventory.stock_movement[] := array(
        select (
            null, in_operation.store_id, in_operation.store, in_product_id, in_sku, 'adjustment',
            case when v = in_until then in_on_hand_delta else 0 end, case when v = in_until then in_reserved_delta else 0 end,
            in_on_hand - case when v = in_until then 0 else in_on_hand_delta end,
            in_reserved - case when v = in_until then 0 else in_reserved_delta end, v
        )::inventory.stock_movement
        from generate_series(in_from, in_until) as v
        order by v
    );
begin
    if in_at is null then
        perform inventory._write_movements(in_operation, v_movements);
        return v_movements;
    end if;
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, recorded_at, rung
    )
    select
        m.store_id, m.product_id, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand, m.reserved, m.version,
        in_operation.reason, in_operation.reference, in_operation.actor, in_operation.correlation_id, in_at, in_at, true
    from unnest(v_movements) as m;
    if not pg_try_advisory_xact_lock_shared(6004511353635864577) then
        perform inventory.ring_doorbell();
    end if;
    return v_movements;
end
$$;

comment on function inventory._write_repair(
    inventory.operation, bigint, text, bigint, bigint, numeric, numeric, numeric, numeric, timestamptz
) is 'Writes movements that take the place of lost ones.';
