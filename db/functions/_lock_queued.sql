-- Locks a transaction of the offline queue, so that it is decided once: who comes second sees what the first one decided.
-- Returns the row. Raises 22004 for no transaction id, SD006 when the store has queued none with it.
-- Locks: the row, FOR NO KEY UPDATE; keys of operations come before it, the key of the transaction and stock rows after.
create or replace function inventory._lock_queued(in_operation inventory.operation, in_transaction_id text)
returns inventory.offline_transaction_queue
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_row inventory.offline_transaction_queue;
begin
    if in_transaction_id is null then
        raise exception 'no transaction_id is given' using errcode = 'null_value_not_allowed', hint = 'The one that was queued.';
    end if;
    select q.* into v_row
    from inventory.offline_transaction_queue as q
    where q.store_id = in_operation.store_id and q.transaction_id = in_transaction_id
    for no key update;
    if not found then
        raise exception 'no transaction "%" is queued in %', left(in_transaction_id, 200), in_operation.store
            using errcode = 'SD006', hint = 'queue_transaction() queues one.';
    end if;
    return v_row;
end
$$;

comment on function inventory._lock_queued(inventory.operation, text) is 'Locks a transaction of the offline queue.';
