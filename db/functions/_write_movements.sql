-- Writes the movements of operations. The one place where the engine's operations write the ledger.
--   in_operation   why, who and when; its document
--   in_movements   with balances and versions; their stock rows are locked and changed in this transaction
-- Writes: stock_ledger. Rings the doorbell, once. No SET search_path: its callers fix it.
create or replace function inventory._write_movements(in_operation inventory.operation, in_movements inventory.stock_movement[])
returns void
language plpgsql volatile
as $$
begin
    insert into inventory.stock_ledger (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, document_id, rung
    )
    select
        m.store_id, m.product_id, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand, m.reserved, m.version,
        in_operation.reason, in_operation.reference, in_operation.actor, in_operation.correlation_id, in_operation.occurred_at,
        in_operation.document_id, true
    from unnest(in_movements) as m;
    -- The try may come at any time before the commit.
    if not pg_try_advisory_xact_lock_shared(6004511353635864577) then
        perform inventory.ring_doorbell();
    end if;
end
$$;

comment on function inventory._write_movements(inventory.operation, inventory.stock_movement[]) is
    'Writes the movements of an operation into the ledger.';
