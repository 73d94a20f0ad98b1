-- The answer of an operation that was done.
--   in_movements      what moved, in the order of the request; null or empty when nothing did
--   in_document_kind  kind of its document; null when it has none
-- No SET search_path: its callers fix it.
create or replace function inventory._done(
    in_operation inventory.operation, in_movements inventory.stock_movement[], in_document_kind text
) returns jsonb
language plpgsql volatile
as $$
declare
    v_answer jsonb := jsonb_build_object(
        'success', true, 'replayed', false, 'operation', in_operation.name, 'store', in_operation.store, 'errors', '[]'::jsonb,
        'movements', inventory._movements_json(in_movements), 'ticket', pg_current_xact_id()::text
    );
begin
    if in_document_kind is not null then
        v_answer := v_answer || jsonb_build_object('document', jsonb_build_object(
            'id', in_operation.document_id, 'kind', in_document_kind, 'reference', in_operation.reference
        ));
    end if;
    return v_answer;
end
$$;

comment on function inventory._done(inventory.operation, inventory.stock_movement[], text) is 'The answer of an operation that was done.';

-- How an operation that was done ends: the answer is built and stored under its keys.
--   in_movements      what moved, in the order of the request; null or empty when nothing did
--   in_document_kind  kind of its document; null when it has none
--   in_more           what the operation adds to the answer, an object; null for nothing
-- Writes: inventory_deduction_idempotency. No SET search_path: its callers fix it.
create or replace function inventory._finish_operation(
    in_operation inventory.operation, in_movements inventory.stock_movement[], in_document_kind text, in_more jsonb
) returns jsonb
language plpgsql volatile
as $$
declare
    v_answer jsonb := inventory._done(in_operation, in_movements, in_document_kind);
begin
    if in_more is not null then
        v_answer := v_answer || in_more;
    end if;
    -- ON CONFLICT, because it finds the claimed key by its index whatever plan looked cheap when there were few keys.
    if in_operation.idempotency_key is not null then
        insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
        values (in_operation.store_id, in_operation.name, in_operation.idempotency_key, in_operation.request, v_answer)
        on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    end if;
    if in_operation.transaction_id is not null then
        insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
        values (in_operation.store_id, 'transaction', in_operation.transaction_id, in_operation.request, v_answer)
        on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    end if;
    return v_answer;
end
$$;

comment on function inventory._finish_operation(inventory.operation, inventory.stock_movement[], text, jsonb) is
    'Builds the answer of an operation that was done and stores it under its keys.';
