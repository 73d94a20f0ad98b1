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
    v_fields text[];
begin
    select i.request, i.result into v_found
    from inventory.inventory_deduction_idempotency as i
    where i.store_id = in_operation.store_id and i.scope = in_scope and i.idempotency_key = in_key;
    if not found then
        return null;
    elsif v_found.request = in_operation.request then
        perform inventory._unclaim(in_operation);
        return v_found.result || '{"replayed": true, "message": "Request already processed (idempotency)"}';
    end if;
    v_fields := inventory._differing_fields(v_found.request, in_operation.request);
    return inventory._refuse(in_operation, jsonb_build_array(jsonb_build_object(
        'code', 'idempotency_conflict',
        'message', format(
            '%s "%s" was used for another request: %s',
            case in_scope when 'transaction' then 'transaction_id' else 'idempotency_key' end, in_key,
            array_to_string(v_fields, ', ')
        ),
        'detail', 'The same key with the same request is answered again; with another request it is a mistake.',
        'hint', 'Make a key per request, and keep it over retries.',
        'fields', to_jsonb(v_fields)
    )));
end
$$;

comment on function inventory._replay(inventory.operation, text, text) is
    'Answers a key that was used before: the stored result, or a refusal that names the differing fields.';
