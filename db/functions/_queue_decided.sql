-- The error of a queued transaction that was decided otherwise before.
create or replace function inventory._queue_decided(in_operation inventory.operation, in_row inventory.offline_transaction_queue)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_array(jsonb_build_object(
        'code', 'queue_decided',
        'message', format('Transaction %s of %s was %s before', in_row.transaction_id, in_operation.store, in_row.status),
        'detail', 'A queued transaction is decided once.',
        'hint', case in_row.status
            when 'rejected' then 'What was sold all the same is a new transaction.'
            else 'compensate_deduction() gives back what it took.'
        end,
        'store', in_operation.store, 'transaction_id', in_row.transaction_id, 'status', in_row.status
    ));
end
$$;

comment on function inventory._queue_decided(inventory.operation, inventory.offline_transaction_queue) is
    'The error of a queued transaction that was decided otherwise before.';
