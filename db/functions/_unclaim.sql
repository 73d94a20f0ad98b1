-- Gives the keys that an operation claimed back: a retry under the same key runs again.
-- Writes: inventory_deduction_idempotency.
create or replace function inventory._unclaim(in_operation inventory.operation) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform inventory._unclaim_one(in_operation.store_id, in_operation.name, in_operation.idempotency_key);
    perform inventory._unclaim_one(in_operation.store_id, 'transaction', in_operation.transaction_id);
end
$$;

comment on function inventory._unclaim(inventory.operation) is 'Gives the keys that an operation claimed back.';
