-- How every operation begins: checks what all have in common, finds the store, and claims the keys.
--   in_name             name of the public function; with it a key is unique within the store
--   in_store            the store's code
--   in_request          what else the caller asked for, by argument; _request() adds the common ones
--   in_reference ...    the common arguments, null when left out: then the writer's settings, else nothing; actor: the login
--   in_transaction_id   a till's own id, which counts once per store; null when there is none
--   in_is_of_store      false for an operation that belongs to no store, whose keys are global: store_id 0
-- Returns the operation. When its replay is not null, the operation must return that and do nothing: the request was done before, or
-- its key belongs to another request.
-- Raises what _check_arguments() and _store_id() raise, and 40001 above READ COMMITTED when the key was used meanwhile.
-- Reads: stores. Writes: inventory_deduction_idempotency. Locks: its keys, in order; a concurrent duplicate waits here for the first.
-- No SET search_path: its callers fix it.
create or replace function inventory._begin_operation(
    in_name text, in_store text, in_request jsonb, in_reference text, in_actor text, in_occurred_at timestamptz,
    in_idempotency_key text, in_correlation_id text, in_reason text, in_transaction_id text, in_is_of_store boolean default true
) returns inventory.operation
language plpgsql volatile
as $$
declare
    v_operation inventory.operation;
    v_context record;
begin
    v_operation.name := in_name;
    v_operation.store_id := case when in_is_of_store then inventory._store_id(in_store) else 0 end;
    v_operation.store := in_store;
    v_operation.idempotency_key := in_idempotency_key;
    v_operation.transaction_id := in_transaction_id;
    v_operation.reason := in_reason;
    v_operation.reference := in_reference;
    v_operation.actor := in_actor;
    v_operation.correlation_id := in_correlation_id;
    v_operation.occurred_at := coalesce(in_occurred_at, now());
    -- One condition for all, because each costs; what is wrong is said elsewhere.
    if length(in_reference) > 500 or length(in_reason) > 2000 or length(in_actor) > 200 or length(in_correlation_id) > 200
        or length(in_idempotency_key) not between 1 and 200 or length(in_transaction_id) not between 1 and 200
        or not in_occurred_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00'
    then
        perform inventory._check_arguments(
            in_reference, in_reason, in_actor, in_correlation_id, in_idempotency_key, in_transaction_id, in_occurred_at
        );
    end if;
    -- The settings are looked at together, and read one by one only when there is anything in them.
    if concat(
        current_setting('inventory.reason', true), current_setting('inventory.reference', true),
        current_setting('inventory.actor', true), current_setting('inventory.correlation_id', true)
    ) <> '' then
        select c.* into v_context from inventory._writer_context() as c;
        v_operation.reason := coalesce(in_reason, v_context.reason);
        v_operation.reference := coalesce(in_reference, v_context.reference);
        v_operation.actor := coalesce(in_actor, v_context.actor);
        v_operation.correlation_id := coalesce(in_correlation_id, v_context.correlation_id);
    end if;
    v_operation.actor := coalesce(v_operation.actor, session_user);
    if in_idempotency_key is null and in_transaction_id is null then
        return v_operation;
    end if;
    v_operation.request := inventory._request(
        in_request, in_reference, in_reason, in_actor, in_transaction_id, in_occurred_at
    );
    return inventory._claim(v_operation);
end
$$;

comment on function inventory._begin_operation(text, text, jsonb, text, text, timestamptz, text, text, text, text, boolean) is
    'How every operation begins: arguments, store, keys.';
