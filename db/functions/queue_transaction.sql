-- Keeps a sale that a till made and could not deduct: because it was offline, or was told that stock is insufficient. Nothing is taken
-- yet; sync_all_pending() does, or approve_transaction(). Uploads may come twice, late, and in any order.
--   store            the store's code
--   lines            [{sku, quantity, unit, price}], 1 to 10 000: what was sold, as deduct_inventory_atomic() takes them
--   transaction_id   the till's own id of the sale, 200 characters, made before anything was sent: one per store is kept, and deducted,
--                    whatever idempotency_key says; whoever decides about it names it so
--   device           the till, 1 to 200 characters
--   device_sequence  the till's own running number, from 0: a missing one is an upload that has not come yet
--   cause            offline, or insufficient_stock: then it is not synced, somebody must decide
--   reference        its number in the world, 500 characters
--   actor            who sold, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it was sold; left out: now
--   idempotency_key  names this request besides transaction_id, which is enough
--   correlation_id   ties together what one request did; not compared between uploads
--   reason           why, in words, 2000 characters
--   party            the customer, 500 characters
-- Returns the answer: success, errors, replayed, queued (the transaction as it is now), ticket; nothing moves.
-- docs/reference/operations.md has its shape. Refused (idempotency_conflict) is another sale under the same id.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units, recipes, recipe_ingredients, conversion_mappings, inventory_stock. Writes:
-- inventory_deduction_idempotency, offline_transaction_queue, offline_queue_decisions, operation_refusals.
-- Locks: its key, then the row of the queue. No stock row: it waits for no hot product.
create or replace function inventory.queue_transaction(
    store text, lines jsonb, transaction_id text, device text, device_sequence bigint default null, cause text default 'offline',
    reference text default null, actor text default null, occurred_at timestamptz default null, idempotency_key text default null,
    correlation_id text default null, reason text default null, party text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_operation inventory.operation;
    v_request jsonb;
    v_lines inventory.operation_line[];
    v_row inventory.offline_transaction_queue;
begin
    if queue_transaction.transaction_id is null then
        raise exception 'no transaction_id is given'
            using errcode = 'null_value_not_allowed', hint = 'Make one per sale, before it is sent, and keep it over retries.';
    end if;
    perform inventory._check_arguments(null, null, null, null, null, queue_transaction.transaction_id, null);
    if queue_transaction.device is null or length(queue_transaction.device) not between 1 and 200 then
        raise exception 'device is a text of 1 to 200 characters'
            using errcode = 'invalid_parameter_value', hint = 'Name the till that sold.';
    elsif queue_transaction.device_sequence < 0 then
        raise exception 'device_sequence is a number from 0' using errcode = 'invalid_parameter_value';
    elsif queue_transaction.cause is null or queue_transaction.cause not in ('offline', 'insufficient_stock') then
        raise exception 'cause is offline or insufficient_stock' using errcode = 'invalid_parameter_value';
    end if;
    v_request := jsonb_build_object(
        'lines', queue_transaction.lines, 'party', queue_transaction.party, 'device', queue_transaction.device,
        'device_sequence', queue_transaction.device_sequence, 'cause', queue_transaction.cause,
        'queued_transaction_id', queue_transaction.transaction_id
    );
    v_operation := inventory._begin_operation(
        'queue_transaction', queue_transaction.store, v_request, queue_transaction.reference, queue_transaction.actor,
        queue_transaction.occurred_at, queue_transaction.idempotency_key, queue_transaction.correlation_id, queue_transaction.reason, null
    );
    if v_operation.replay is not null then
        select q.* into v_row
        from inventory.offline_transaction_queue as q
        where q.store_id = v_operation.store_id and q.transaction_id = queue_transaction.transaction_id
            and v_operation.replay -> 'success' = 'true';
        return v_operation.replay
            || case when found then jsonb_build_object('queued', inventory._queued_json(v_row)) else '{}' end;
    end if;
    v_operation.request := inventory._request(
        v_request, queue_transaction.reference, queue_transaction.reason, queue_transaction.actor, null, queue_transaction.occurred_at
    );
    v_lines := inventory._read_lines(queue_transaction.lines, array['price'], 'positive');
    perform inventory._check_party(queue_transaction.party);
    -- The same id from two tabs, or again after a timeout: the second waits for the first, and then finds its row.
    insert into inventory.offline_transaction_queue (
        store_id, transaction_id, device, device_sequence, cause, status, lines, product_ids, unit_numerators, unit_denominators, reference,
        party, reason, actor, correlation_id, occurred_at, policy, request
    )
    values (
        v_operation.store_id, queue_transaction.transaction_id, queue_transaction.device, queue_transaction.device_sequence,
        queue_transaction.cause, case queue_transaction.cause when 'offline' then 'pending' else 'insufficient_stock' end,
        queue_transaction.lines, array(select l.product_id from unnest(v_lines) as l order by l.line),
        array(select l.unit_numerator from unnest(v_lines) as l order by l.line),
        array(select l.unit_denominator from unnest(v_lines) as l order by l.line), v_operation.reference, queue_transaction.party, v_operation.reason, v_operation.actor,
        v_operation.correlation_id, v_operation.occurred_at, inventory._policy_of(v_operation.store_id, v_lines), v_operation.request
    )
    on conflict on constraint offline_transaction_queue_store_id_transaction_id_uq do nothing
    returning * into v_row;
    if found then
        insert into inventory.offline_queue_decisions (queue_id, store_id, decision, actor, reason, correlation_id)
        values (
            v_row.queue_id, v_row.store_id, 'queued', v_operation.actor, v_operation.reason, v_operation.correlation_id
        );
        return inventory._finish_operation(v_operation, null, null, jsonb_build_object('queued', inventory._queued_json(v_row)));
    end if;
    select q.* into v_row
    from inventory.offline_transaction_queue as q
    where q.store_id = v_operation.store_id and q.transaction_id = queue_transaction.transaction_id;
    if v_row.request <> v_operation.request then
        return inventory._refuse(
            v_operation,
            inventory._key_conflict('transaction', queue_transaction.transaction_id, v_row.request, v_operation.request)
        );
    end if;
    return inventory._replayed(
        inventory._finish_operation(v_operation, null, null, jsonb_build_object('queued', inventory._queued_json(v_row)))
    );
end
$$;

comment on function inventory.queue_transaction(
    text, jsonb, text, text, bigint, text, text, text, timestamptz, text, text, text, text
) is 'Keeps a sale that a till made and could not deduct, once per store and transaction id. Takes nothing yet.';
