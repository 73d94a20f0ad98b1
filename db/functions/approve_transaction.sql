-- Deducts a queued transaction because somebody decided so: as it was queued, or with other lines. What it takes must be there, or the
-- stock row must be allowed to go below zero, as it is now: the decision is made now.
--   transaction_id   the till's id of the sale
--   store            the store's code
--   actor            who decides, 200 characters; left out: set local inventory.actor, else the login. The deduction is the seller's
--   lines            [{sku, quantity, unit, price}] instead of those that were queued; left out: those
--   reason           why, in words, 2000 characters; kept with the decision
--   idempotency_key  names this request; without one too a second approval with the same lines does nothing more
--   correlation_id   ties together what one request did
-- Returns the answer: success, errors, replayed, document, movements, queued (the transaction as it is then), ticket;
-- docs/reference/operations.md has its shape. Refused (insufficient_stock and what else deduct_inventory_atomic() refuses): it stays as it
-- is, to be decided again. Refused (queue_decided): it was rejected, synced, or approved with other lines before.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku, unit or transaction, 40001 when another transaction was first.
-- Reads and writes what deduct_inventory_atomic() does, and offline_transaction_queue, offline_queue_decisions.
-- Locks: its key, the queued transaction, then as deduct_inventory_atomic().
create or replace function inventory.approve_transaction(
    transaction_id text, store text, actor text default null, lines jsonb default null, reason text default null,
    idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_row inventory.offline_transaction_queue;
    v_edited jsonb;
    v_lines jsonb;
    v_answer jsonb;
    v_errors jsonb;
begin
    v_operation := inventory._begin_operation(
        'approve_transaction', approve_transaction.store,
        jsonb_build_object('queued_transaction_id', approve_transaction.transaction_id, 'lines', approve_transaction.lines),
        null, approve_transaction.actor, null, approve_transaction.idempotency_key, approve_transaction.correlation_id,
        approve_transaction.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_row := inventory._lock_queued(v_operation, approve_transaction.transaction_id);
    v_edited := case when approve_transaction.lines <> v_row.lines then approve_transaction.lines end;
    if v_row.status = 'approved' and v_row.approved_lines is not distinct from v_edited then
        v_operation.document_id := v_row.document_id;
        return inventory._replayed(inventory._finish_operation(
            v_operation, null, inventory._kind_of_document(v_row.document_id), jsonb_build_object('queued', inventory._queued_json(v_row))
        ));
    elsif v_row.status not in ('pending', 'insufficient_stock') then
        return inventory._refuse(v_operation, inventory._queue_decided(v_operation, v_row));
    end if;
    v_lines := coalesce(v_edited, inventory._queued_lines(v_row));
    v_answer := inventory.deduct_inventory_atomic(
        v_operation.store, v_lines, v_row.transaction_id, null, v_row.reference, v_row.actor, v_row.occurred_at,
        null, v_operation.correlation_id, v_row.reason, v_row.party
    );
    v_errors := v_answer -> 'errors';
    if v_errors <> '[]' and not inventory._is_same_sale(
        v_errors, v_operation.store_id, v_row.transaction_id, v_lines
    ) then
        if v_errors #>> '{0,code}' = 'idempotency_conflict' then
            v_errors := coalesce(inventory._other_use_of_queued(v_row.queue_id), v_errors);
        end if;
        -- The deduction has recorded the refusal.
        perform inventory._unclaim(v_operation);
        perform inventory._decide_queued(
            v_operation, v_row.queue_id, 'approval_refused', v_row.status, v_edited, v_errors, null
        );
        return inventory._refusal(v_operation, v_errors);
    end if;
    v_row := inventory._decide_queued(
        v_operation, v_row.queue_id, 'approved', 'approved', v_edited, null, inventory._document_of_queued(v_row.queue_id)
    );
    v_operation.document_id := v_row.document_id;
    v_operation.reference := v_row.reference;
    return inventory._finish_operation(v_operation, null, inventory._kind_of_document(v_row.document_id), jsonb_build_object(
        'movements', v_answer -> 'movements', 'queued', inventory._queued_json(v_row)
    ));
end
$$;

comment on function inventory.approve_transaction(text, text, text, jsonb, text, text, text) is
    'Deducts a queued transaction by somebody''s decision, as it was queued or with other lines.';
