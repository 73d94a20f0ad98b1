-- The document of the deduction that a queued transaction became, or that its till made itself; of what the till recorded as a sale
-- instead, or was paid, the document of that, as long as its key is kept. Null when there is none.
-- Reads: offline_transaction_queue, inventory_deductions, inventory_deduction_idempotency.
create or replace function inventory._document_of_queued(in_queue_id bigint) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select coalesce(d.document_id, (i.result #>> '{document,id}')::bigint)
        from inventory.offline_transaction_queue as q
        left join inventory.inventory_deductions as d on d.transaction_id = q.transaction_id and d.store_id = q.store_id
        left join inventory.inventory_deduction_idempotency as i
            on i.store_id = q.store_id and i.scope = 'transaction' and i.idempotency_key = q.transaction_id
        where q.queue_id = in_queue_id
    );
end
$$;

comment on function inventory._document_of_queued(bigint) is 'The document of what a queued transaction became.';

-- The kind of a document; null when there is none.
create or replace function inventory._kind_of_document(in_document_id bigint) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (select d.kind from inventory.stock_documents as d where d.document_id = in_document_id);
end
$$;

comment on function inventory._kind_of_document(bigint) is 'The kind of a document.';
