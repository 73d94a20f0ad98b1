-- A stored answer as it is given again, with the message that people know.
create or replace function inventory._replayed(in_answer jsonb) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select in_answer || '{"replayed": true, "message": "Request already processed (idempotency)"}'
$$;

comment on function inventory._replayed(jsonb) is 'A stored answer as it is given again.';

-- The error of a key that was used for another request, which names the arguments in which they differ.
create or replace function inventory._key_conflict(in_scope text, in_key text, in_first jsonb, in_second jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fields text[] := inventory._differing_fields(in_first, in_second);
begin
    if in_first ->> 'operation' = 'reject_transaction' then
        return jsonb_build_array(jsonb_build_object(
            'code', 'idempotency_conflict', 'message', format('transaction_id "%s" was rejected, and is not deducted any more', in_key),
            'detail', 'It had been queued, and somebody decided so: offline_queue_decisions says who and why.',
            'hint', 'What was sold all the same is a new transaction, with an id of its own.', 'fields', '[]'::jsonb
        ));
    end if;
    return jsonb_build_array(jsonb_build_object(
        'code', 'idempotency_conflict',
        'message', format(
            '%s "%s" was used for another request: %s',
            case in_scope when 'transaction' then 'transaction_id' else 'idempotency_key' end, in_key,
            array_to_string(v_fields, ', ')
        ),
        'detail', 'The same key with the same request is answered again; with another request it is a mistake.',
        'hint', 'Make a key per request, and keep it over retries.',
        'fields', to_jsonb(v_fields)
    ));
end
$$;

comment on function inventory._key_conflict(text, text, jsonb, jsonb) is 'The error of a key that was used for another request.';

-- What a key that was used before is answered with.
-- Returns the stored result with replayed and the message that people know when the requests are the same, as jsonb compares them:
-- 1 is 1.0, and the order of fields is nothing. Else a refusal that names the arguments in which they differ, lines by number.
-- Null when there is no such key.
-- Reads: inventory_deduction_idempotency, by its index whatever plan looks cheap: the table was small once.
create or replace function inventory._replay(in_operation inventory.operation, in_scope text, in_key text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_found record;
begin
    select i.request, i.result into v_found
    from inventory.inventory_deduction_idempotency as i
    where i.store_id = in_operation.store_id and i.scope = in_scope and i.idempotency_key = in_key;
    if not found then
        return null;
    elsif v_found.request = in_operation.request then
        perform inventory._unclaim(in_operation);
        return inventory._replayed(v_found.result);
    end if;
    return inventory._refuse(in_operation, inventory._key_conflict(in_scope, in_key, v_found.request, in_operation.request));
end
$$;

comment on function inventory._replay(inventory.operation, text, text) is
    'Answers a key that was used before: the stored result, or a refusal that names the differing fields.';
