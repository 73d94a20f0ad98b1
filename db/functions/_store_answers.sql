-- Ends a batch whose keys _claim_keys() claimed: stores the answers of requests that were done, and gives the keys of the others back, so
-- that a retry of those runs again.
--   in_store_ids, in_scopes, in_keys, in_requests, in_answers  one entry per claimed key; an answer that is null, or no success, is not
--                                                              kept
-- Writes: inventory_deduction_idempotency, whose rows this transaction inserted.
create or replace function inventory._store_answers(
    in_store_ids bigint[], in_scopes text[], in_keys text[], in_requests jsonb[], in_answers jsonb[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    -- ON CONFLICT finds each claimed key by its index.
    insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
    select a.store_id, a.scope, a.key, a.request, a.answer
    from unnest(in_store_ids, in_scopes, in_keys, in_requests, in_answers) as a (store_id, scope, key, request, answer)
    where a.answer -> 'success' = 'true'
    on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    delete from inventory.inventory_deduction_idempotency as i
    using unnest(in_store_ids, in_scopes, in_keys, in_answers) as a (store_id, scope, key, answer)
    where a.answer -> 'success' is distinct from 'true' and i.result is null
        and i.store_id = a.store_id and i.scope = a.scope and i.idempotency_key = a.key;
end
$$;

comment on function inventory._store_answers(bigint[], text[], text[], jsonb[], jsonb[]) is
    'Stores the answers of a batch under the keys that it claimed, and gives the keys of refused requests back.';
