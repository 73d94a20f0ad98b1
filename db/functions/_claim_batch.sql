-- Claims the keys of a batch of operations.
-- Returns a key per request and key that it has, in the order of requests and, of one request, in the order in which a single operation
-- claims them: first its idempotency key. id numbers the keys themselves: requests that share one have the same.
-- Writes: inventory_deduction_idempotency. Locks: its keys, in order.
create or replace function inventory._claim_batch(in_operations inventory.operation[]) returns inventory.batch_key[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_keys inventory.batch_key[] := array(
        select
            (
                u.request, u.store_id, u.scope, u.key, null, null,
                dense_rank() over (order by u.store_id, u.scope collate "C", u.key collate "C")
            )::inventory.batch_key
        from (
            select o.number as request, o.store_id, k.scope, k.key
            from unnest(in_operations) with ordinality as o (
                name, store_id, store, idempotency_key, transaction_id, request, reason, reference, actor, correlation_id,
                occurred_at, document_id, replay, number
            )
            cross join lateral (values (o.name, o.idempotency_key), ('transaction', o.transaction_id)) as k (scope, key)
            where k.key is not null
        ) as u
        order by u.request, u.scope collate "C"
    );
begin
    return array(
        select (k.request, k.store_id, k.scope, k.key, c.request, c.result, k.id)::inventory.batch_key
        from inventory._claim_keys(
            array(select k.store_id from unnest(v_keys) as k), array(select k.scope from unnest(v_keys) as k),
            array(select k.key from unnest(v_keys) as k)
        ) as c
        join unnest(v_keys) with ordinality as k (request, store_id, scope, key, stored, result, id, place) on k.place = c.place
        order by c.place
    );
end
$$;

comment on function inventory._claim_batch(inventory.operation[]) is 'Claims the keys of a batch of operations.';
