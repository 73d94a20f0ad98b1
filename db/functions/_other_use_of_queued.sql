-- The errors of a queued sale whose transaction id something else has, under which it cannot be deducted any more: the payment of an order,
-- or a sale of other lines that its till recorded. Null when nothing has it, the key was pruned, or a deduction or the same sale has it.
-- Reads: offline_transaction_queue, inventory_deduction_idempotency.
create or replace function inventory._other_use_of_queued(in_queue_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select jsonb_build_array(jsonb_build_object(
            'code', 'idempotency_conflict',
            'message', format('transaction_id "%s" was used by %s', q.transaction_id, case u.operation
                when 'record_sale' then 'a sale of other lines'
                else 'the payment of order ' || (i.request ->> 'order')
            end),
            'detail', format('%s() has it, %s.', u.operation, coalesce('with the document ' || (i.result #>> '{document,id}'), 'and found nothing to take')),
            'hint', case u.operation when 'record_sale' then 'If it is that sale, approve it with its lines. ' else '' end
                || 'Reject it. If it was a sale of its own, queue it again under an id of its own.',
            'fields', '[]'::jsonb
        ))
        from inventory.offline_transaction_queue as q
        join inventory.inventory_deduction_idempotency as i
            on i.store_id = q.store_id and i.scope = 'transaction' and i.idempotency_key = q.transaction_id
        cross join lateral (select i.result ->> 'operation') as u (operation)
        where q.queue_id = in_queue_id
            and (u.operation = 'process_order_stock_reduction' or u.operation = 'record_sale' and
                jsonb_strip_nulls(i.request -> 'lines') <> jsonb_strip_nulls(q.lines))
    );
end
$$;

comment on function inventory._other_use_of_queued(bigint) is
    'The errors of a queued sale whose transaction id a payment has, or a sale of other lines.';
