-- Does many independent deductions in one call: each all or nothing with an answer of its own, as if deduct_inventory_atomic() had been
-- called for each, in their order; but stock rows are locked, and everything is written, once for all of them.
--   requests  [{store, lines, transaction_id, expected_versions, reference, actor, occurred_at, idempotency_key, correlation_id, reason,
--             party}], the arguments of deduct_inventory_atomic(); 1 to 1000 requests with 10 000 lines together; occurred_at as ISO 8601
--             writes a point in time, with its zone
-- Returns an array of answers in the order of the requests; docs/reference/operations.md has their shape.
-- Call it once per transaction: a second call could wait in a circle with somebody else's.
-- Raises what deduct_inventory_atomic() raises, for the whole batch, and says of which request.
-- When all lines come to whole base units, no two requests are the same, and there is enough of everything, they go the short way of
-- _move_plain(), many times as fast; one request that is not so takes the whole batch the long way.
-- Reads and writes what deduct_inventory_atomic() does.
-- Locks: all idempotency keys in order, then all stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory.deduct_inventory_many(requests jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(inventory._deduct_plain(deduct_inventory_many.requests), inventory._deduct_batch(deduct_inventory_many.requests));
end
$$;

comment on function inventory.deduct_inventory_many(jsonb) is
    'Does many independent deductions in one call, each all or nothing with its own answer, as one by one in their order.';

-- The same for deductions of one line each in one store, as arrays: what a till or a shop has many of, without an object for each.
--   store            the store's code
--   transaction_ids  the till's own id of each, as of deduct_inventory_atomic(); 1 to 1000
--   skus             what each takes
--   quantities       how much of it, in its base unit
--   reference, actor, occurred_at, correlation_id, reason  of all of them, as of deduct_inventory_atomic()
-- Returns the answers in their order. A second call with the same arguments, or deduct_inventory_atomic() with one of them, is a replay.
-- Raises 22023 when the arrays differ in length, have nulls or more than one dimension, else what deduct_inventory_many(requests) raises.
-- Reads, writes and locks what deduct_inventory_many(requests) does.
create or replace function inventory.deduct_inventory_many(
    store text, transaction_ids text[], skus text[], quantities numeric[], reference text default null, actor text default null,
    occurred_at timestamptz default null, correlation_id text default null, reason text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer := cardinality(deduct_inventory_many.transaction_ids);
    v_lines jsonb[];
    v_answers jsonb;
begin
    if v_count between 1 and 1000 is not true
        -- One row of them, which begins at 1: what a place in it names is what the others have there.
        or array_dims(deduct_inventory_many.transaction_ids) <> format('[1:%s]', v_count)
        or array_dims(deduct_inventory_many.skus) is distinct from array_dims(deduct_inventory_many.transaction_ids)
        or array_dims(deduct_inventory_many.quantities) is distinct from array_dims(deduct_inventory_many.transaction_ids)
        or array_position(deduct_inventory_many.transaction_ids, null) is not null
        or array_position(deduct_inventory_many.skus, null) is not null
        or array_position(deduct_inventory_many.quantities, null) is not null
    then
        raise exception 'transaction_ids, skus and quantities are arrays of the same length, 1 to 1000, without nulls'
            using errcode = 'invalid_parameter_value',
            hint = 'Like deduct_inventory_many(''north'', ''{till3-000482}'', ''{MUG}'', ''{2}'').';
    end if;
    v_lines := array(
        select jsonb_build_array(jsonb_build_object('sku', u.sku, 'quantity', u.quantity))
        from unnest(deduct_inventory_many.skus, deduct_inventory_many.quantities) with ordinality as u (sku, quantity, place)
        order by u.place
    );
    if deduct_inventory_many.store is not null and inventory._is_plain(
        null, null, deduct_inventory_many.occurred_at,
        concat(
            deduct_inventory_many.reference, deduct_inventory_many.actor, deduct_inventory_many.correlation_id,
            deduct_inventory_many.reason
        )
    ) then
        v_answers := to_jsonb(inventory._move_plain(
            'deduct_inventory_atomic', 'deduction', 'transaction',
            array_fill(
                (
                    select t.store_id from inventory.stores as t
                    where t.code = deduct_inventory_many.store
                        and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id))
                ),
                array[v_count]
            ),
            array_fill(deduct_inventory_many.store, array[v_count]), deduct_inventory_many.transaction_ids, v_lines,
            array_fill(null::text, array[v_count]), array_fill(deduct_inventory_many.reference, array[v_count]),
            array_fill(deduct_inventory_many.actor, array[v_count]), array_fill(deduct_inventory_many.correlation_id, array[v_count]),
            array_fill(deduct_inventory_many.reason, array[v_count]), deduct_inventory_many.occurred_at,
            array(
                select
                    jsonb_strip_nulls(jsonb_build_object(
                        'operation', 'deduct_inventory_atomic', 'transaction_id', u.transaction_id, 'lines', u.lines,
                        'reference', deduct_inventory_many.reference, 'actor', deduct_inventory_many.actor,
                        'reason', deduct_inventory_many.reason, 'occurred_at', timezone('UTC', deduct_inventory_many.occurred_at)
                    ))
                from unnest(deduct_inventory_many.transaction_ids, v_lines) with ordinality as u (transaction_id, lines, place)
                order by u.place
            )
        ));
        if v_answers is not null then
            return v_answers;
        end if;
    end if;
    return inventory._deduct_batch((
        select jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
                'store', deduct_inventory_many.store, 'transaction_id', u.transaction_id, 'lines', u.lines,
                'reference', deduct_inventory_many.reference, 'actor', deduct_inventory_many.actor,
                'occurred_at', deduct_inventory_many.occurred_at, 'correlation_id', deduct_inventory_many.correlation_id,
                'reason', deduct_inventory_many.reason
            ))
            order by u.place
        )
        from unnest(deduct_inventory_many.transaction_ids, v_lines) with ordinality as u (transaction_id, lines, place)
    ));
end
$$;

comment on function inventory.deduct_inventory_many(text, text[], text[], numeric[], text, text, timestamptz, text, text) is
    'Does many independent deductions of one line each in one store, as arrays: transaction ids, skus, and quantities in base units.';
