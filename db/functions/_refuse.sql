-- The answer of an operation that is not done.
create or replace function inventory._refusal(in_operation inventory.operation, in_errors jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'success', false, 'replayed', false, 'operation', in_operation.name, 'store', in_operation.store, 'errors', in_errors,
        'movements', '[]'::jsonb, 'ticket', pg_current_xact_id()::text
    );
end
$$;

comment on function inventory._refusal(inventory.operation, jsonb) is 'The answer of an operation that is not done.';

-- How an operation that is not done ends: its keys are given back, so that a retry runs again, and the refusal is recorded. Everything
-- else that it wrote was undone before, by the end of the block in which it was written.
--   in_errors  [{code, message, detail, hint, ...}], at least one
-- Returns the answer. Whoever wants an exception instead calls must().
-- Writes: inventory_deduction_idempotency, operation_refusals.
create or replace function inventory._refuse(in_operation inventory.operation, in_errors jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform inventory._unclaim(in_operation);
    insert into inventory.operation_refusals (store_id, operation, code, errors, actor, correlation_id)
    values (
        in_operation.store_id, in_operation.name, in_errors -> 0 ->> 'code',
        jsonb_path_query_array(in_errors, '$[0 to 99]'), in_operation.actor, in_operation.correlation_id
    );
    return inventory._refusal(in_operation, in_errors);
end
$$;

comment on function inventory._refuse(inventory.operation, jsonb) is
    'Records a refusal, gives the keys back and builds the answer.';
