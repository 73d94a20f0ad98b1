-- Decides that a queued transaction is not deducted, for good: its transaction id is used up, so that the till's own late try does nothing
-- either. Nothing is taken.
--   transaction_id   the till's id of the sale
--   store            the store's code
--   actor            who decides, 200 characters; left out: set local inventory.actor, else the login
--   reason           why, in words, 2000 characters; kept with the decision
--   idempotency_key  names this request; without one too a second rejection does nothing more
--   correlation_id   ties together what one request did
-- Returns the answer: success, errors, replayed, queued (the transaction as it is then), ticket; nothing moves.
-- docs/reference/operations.md has its shape. Refused (queue_decided): it was approved or synced before. Refused (idempotency_conflict): the
-- till has deducted it itself meanwhile. Where the payment of an order, or a sale of other lines, has the id, it stays theirs, and reason
-- and errors say so.
-- Raises 22... for wrong arguments, SD006 for an unknown store or transaction, 40001 when another transaction was first.
-- Writes: inventory_deduction_idempotency, offline_transaction_queue, offline_queue_decisions, operation_refusals.
-- Locks: its key, the queued transaction, then the key of the transaction.
create or replace function inventory.reject_transaction(
    transaction_id text, store text, actor text default null, reason text default null, idempotency_key text default null,
    correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_row inventory.offline_transaction_queue;
    v_other jsonb;
begin
    v_operation := inventory._begin_operation(
        'reject_transaction', reject_transaction.store,
        jsonb_build_object('operation', 'reject_transaction', 'queued_transaction_id', reject_transaction.transaction_id),
        null, reject_transaction.actor, null, reject_transaction.idempotency_key, reject_transaction.correlation_id,
        reject_transaction.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_row := inventory._lock_queued(v_operation, reject_transaction.transaction_id);
    if v_row.status = 'rejected' then
        return inventory._replayed(inventory._finish_operation(
            v_operation, null, null, jsonb_build_object('queued', inventory._queued_json(v_row))
        ));
    elsif v_row.status not in ('pending', 'insufficient_stock') then
        return inventory._refuse(v_operation, inventory._queue_decided(v_operation, v_row));
    end if;
    -- This request stays under the transaction id: it has no lines, so no deduction is ever answered by it.
    v_operation.request := coalesce(v_operation.request, jsonb_build_object('operation', 'reject_transaction'));
    -- Waits for whoever is using the id just now.
    if not (
        select k.is_claimed
        from inventory._claim_keys(array[v_row.store_id], array['transaction'], array[v_row.transaction_id]) as k
    ) then
        v_other := inventory._other_use_of_queued(v_row.queue_id);
        if v_other is null then
            v_operation := inventory._claim_one(v_operation, 'transaction', v_row.transaction_id);
        end if;
    end if;
    if v_operation.replay is not null then
        return v_operation.replay;
    elsif v_other is not null then
        v_operation.reason := left(concat_ws('; ', v_operation.reason, v_other #>> '{0,message}'), 2000);
    else
        v_operation.transaction_id := v_row.transaction_id;
        if inventory._document_of_queued(v_row.queue_id) is not null then
            return inventory._refuse(v_operation, inventory._used_transaction_id(v_row.transaction_id));
        end if;
    end if;
    v_row := inventory._decide_queued(
        v_operation, v_row.queue_id, 'rejected', 'rejected', null, coalesce(v_other, v_row.errors), null
    );
    return inventory._finish_operation(v_operation, null, null, jsonb_build_object('queued', inventory._queued_json(v_row)));
end
$$;

comment on function inventory.reject_transaction(text, text, text, text, text, text) is
    'Decides that a queued transaction is not deducted, for good.';
