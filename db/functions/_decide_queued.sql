-- Sets the status of a transaction of the offline queue, which the caller has locked, and records who decided it and why.
--   in_decision     what was done, see offline_queue_decisions.decision
--   in_status       the status from now on
--   in_lines        what was to be deducted instead of what was queued; else null
--   in_errors       what stood in the way; null when nothing did
--   in_document_id  the deduction's document; null when there is none
-- Returns the row as it is then. Writes: offline_transaction_queue, offline_queue_decisions.
create or replace function inventory._decide_queued(
    in_operation inventory.operation, in_queue_id bigint, in_decision text, in_status text, in_lines jsonb, in_errors jsonb,
    in_document_id bigint
) returns inventory.offline_transaction_queue
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_row inventory.offline_transaction_queue;
begin
    update inventory.offline_transaction_queue as q set
        status = in_status, approved_lines = case in_decision when 'approved' then in_lines end, errors = in_errors, document_id = in_document_id,
        changed_at = clock_timestamp()
    where q.queue_id = in_queue_id
    returning q.* into v_row;
    insert into inventory.offline_queue_decisions (
        queue_id, store_id, decision, actor, reason, lines, errors, document_id, correlation_id
    )
    values (
        in_queue_id, in_operation.store_id, in_decision, in_operation.actor, in_operation.reason, in_lines, in_errors,
        in_document_id, in_operation.correlation_id
    );
    return v_row;
end
$$;

comment on function inventory._decide_queued(inventory.operation, bigint, text, text, jsonb, jsonb, bigint) is
    'Sets the status of a queued transaction and records the decision.';
