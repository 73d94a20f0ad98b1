-- A transaction of the offline queue as it stands in an answer.
create or replace function inventory._queued_json(in_row inventory.offline_transaction_queue) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_strip_nulls(jsonb_build_object(
        'transaction_id', in_row.transaction_id, 'status', in_row.status, 'device', in_row.device,
        'device_sequence', in_row.device_sequence, 'cause', in_row.cause, 'occurred_at', in_row.occurred_at, 'errors', in_row.errors,
        'document_id', in_row.document_id
    ));
end
$$;

comment on function inventory._queued_json(inventory.offline_transaction_queue) is 'A transaction of the offline queue as it stands in an answer.';
