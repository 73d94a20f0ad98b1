-- The document of the deduction that a queued transaction became, or that its till made itself; null when there is none.
-- Reads: offline_transaction_queue, inventory_deductions.
create or replace function inventory._document_of_queued(in_queue_id bigint) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select d.document_id
        from inventory.offline_transaction_queue as q
        join inventory.inventory_deductions as d on d.transaction_id = q.transaction_id and d.store_id = q.store_id
        where q.queue_id = in_queue_id
    );
end
$$;

comment on function inventory._document_of_queued(bigint) is 'The document of the deduction of a queued transaction.';
