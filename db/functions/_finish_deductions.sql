-- How a batch of deductions ends: answers are stored under the keys of requests that were done, all other keys given back, refusals
-- recorded, and stock rows that were made and not used taken away again.
--   in_owners  by id of a key, the number of the request that was done under it; 0 when none was
-- Writes: inventory_deduction_idempotency, operation_refusals, inventory_stock.
create or replace function inventory._finish_deductions(
    in_operations inventory.operation[], in_answers jsonb[], in_keys inventory.batch_key[], in_owners integer[],
    in_demand inventory.deduction_demand[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_keys inventory.batch_key[] := array(
        select (k.request, k.store_id, k.scope, k.key, k.stored, k.result, k.id)::inventory.batch_key
        from (select distinct on (u.id) u.* from unnest(in_keys) as u where u.result is null order by u.id) as k
        order by k.id
    );
begin
    perform inventory._store_answers(
        array(select k.store_id from unnest(v_keys) as k), array(select k.scope from unnest(v_keys) as k),
        array(select k.key from unnest(v_keys) as k),
        array(select in_operations[in_owners[k.id]].request from unnest(v_keys) as k),
        array(select in_answers[in_owners[k.id]] from unnest(v_keys) as k)
    );
    insert into inventory.operation_refusals (store_id, operation, code, errors, actor, correlation_id)
    select
        o.store_id, o.name, in_answers[o.number] #>> '{errors,0,code}',
        jsonb_path_query_array(in_answers[o.number], '$.errors[0 to 99]'), o.actor, o.correlation_id
    from unnest(in_operations) with ordinality as o (
        name, store_id, store, idempotency_key, transaction_id, request, reason, reference, actor, correlation_id, occurred_at,
        document_id, replay, number
    )
    where in_answers[o.number] -> 'success' = 'false'
    order by o.number;
    perform inventory._drop_unmoved_stock_rows(array(
        select (d.store_id, d.product_id)::inventory.stock_key from unnest(in_demand) as d where d.is_new group by d.store_id, d.product_id
    ));
end
$$;

comment on function inventory._finish_deductions(
    inventory.operation[], jsonb[], inventory.batch_key[], integer[], inventory.deduction_demand[]
) is 'Stores the answers of a batch of deductions, gives its other keys back, and records refusals.';
