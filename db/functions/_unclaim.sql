-- Gives the keys that an operation claimed back: a retry under the same key runs again. Keys that have an answer stay.
-- Writes: inventory_deduction_idempotency, found by its index whatever plan looks cheap: the table was small once.
create or replace function inventory._unclaim(in_operation inventory.operation) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    if in_operation.idempotency_key is not null then
        delete from inventory.inventory_deduction_idempotency as i
        where i.store_id = in_operation.store_id and i.scope = in_operation.name
            and i.idempotency_key = in_operation.idempotency_key and i.result is null;
    end if;
    if in_operation.transaction_id is not null then
        delete from inventory.inventory_deduction_idempotency as i
        where i.store_id = in_operation.store_id and i.scope = 'transaction'
            and i.idempotency_key = in_operation.transaction_id and i.result is null;
    end if;
end
$$;

comment on function inventory._unclaim(inventory.operation) is 'Gives the keys that an operation claimed back.';
