-- Claims one key of an operation.
--   in_scope, in_key  which one
-- Returns the operation; with a replay when the key is not its own. Called by _claim(), which see.
-- Writes: inventory_deduction_idempotency. Locks: the key; waits for whoever claimed it first. No SET search_path: its callers fix it.
create or replace function inventory._claim_one(in_operation inventory.operation, in_scope text, in_key text)
returns inventory.operation
language plpgsql volatile
as $$
begin
    loop
        insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key)
        values (in_operation.store_id, in_scope, in_key)
        on conflict do nothing;
        if found then
            return in_operation;
        end if;
        -- A new snapshot: it sees what the INSERT waited for. Null when that was pruned between the two statements: then it is free.
        in_operation.replay := inventory._replay(in_operation, in_scope, in_key);
        if in_operation.replay is not null then
            return in_operation;
        end if;
    end loop;
end
$$;

comment on function inventory._claim_one(inventory.operation, text, text) is 'Claims one key of an operation.';
