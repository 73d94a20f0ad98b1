-- The errors of a queued sale whose transaction id the payment of an order has: it cannot be deducted under that id any more.
-- Null when no payment has it, or its key was pruned.
-- Reads: offline_transaction_queue, inventory_deduction_idempotency.
create or replace function inventory._payment_of_queued(in_queue_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select jsonb_build_array(jsonb_build_object(
            'code', 'idempotency_conflict',
            'message', format('transaction_id "%s" was used by the payment of order %s', q.transaction_id, i.request ->> 'order'),
            'detail', coalesce(
                'process_order_stock_reduction() has it, with the document ' || (i.result #>> '{document,id}') || '.',
                'process_order_stock_reduction() has it, and found nothing to take.'
            ),
            'hint', 'Reject it. If it was a sale of its own, queue it again under an id of its own.',
            'fields', '[]'::jsonb
        ))
        from inventory.offline_transaction_queue as q
        join inventory.inventory_deduction_idempotency as i
            on i.store_id = q.store_id and i.scope = 'transaction' and i.idempotency_key = q.transaction_id
        where q.queue_id = in_queue_id and i.result ->> 'operation' = 'process_order_stock_reduction'
    );
end
$$;

comment on function inventory._payment_of_queued(bigint) is 'The errors of a queued sale whose transaction id a payment has.';
