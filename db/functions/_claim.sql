-- Claims the keys of one operation: its idempotency key, and a till's transaction id, which is a key of the scope 'transaction'.
-- Whoever inserts a key first does the operation; a second one waits for the first one's transaction, and then finds its answer, or
-- nothing when that one was refused or rolled back, and does it itself.
-- The keys of a call are claimed in the order of (store_id, scope, key) in COLLATE "C", as _claim_keys() does for a batch.
-- Returns the operation; with a replay when a key is not its own, which it has to answer: the stored result with replayed, or a
-- refusal (idempotency_conflict) that names the arguments in which the requests differ, or says that a deduction had the transaction id.
-- Raises 40001 above READ COMMITTED when a key was used meanwhile.
-- Reads: inventory_deductions. Writes: inventory_deduction_idempotency, operation_refusals. Locks: its keys. Called by _begin_operation(). No SET search_path: its callers fix it.
create or replace function inventory._claim(in_operation inventory.operation) returns inventory.operation
language plpgsql volatile
as $$
declare
    v_is_first boolean := in_operation.name collate "C" < 'transaction';
begin
    if in_operation.idempotency_key is not null and v_is_first then
        in_operation := inventory._claim_one(in_operation, in_operation.name, in_operation.idempotency_key);
    end if;
    if in_operation.transaction_id is not null and in_operation.replay is null then
        in_operation := inventory._claim_one(in_operation, 'transaction', in_operation.transaction_id);
        -- Once for ever: the key of a deduction may be pruned, and then inventory_deductions has its id. A deduction itself looks there last.
        if in_operation.replay is null and in_operation.name <> 'deduct_inventory_atomic'
            and inventory._is_deducted(in_operation.store_id, in_operation.transaction_id)
        then
            in_operation.replay := inventory._refuse(in_operation, inventory._used_transaction_id(in_operation.transaction_id));
        end if;
    end if;
    if in_operation.idempotency_key is not null and not v_is_first and in_operation.replay is null then
        in_operation := inventory._claim_one(in_operation, in_operation.name, in_operation.idempotency_key);
    end if;
    return in_operation;
end
$$;

comment on function inventory._claim(inventory.operation) is
    'Claims the keys of an operation, or finds the answer that was given under them.';
