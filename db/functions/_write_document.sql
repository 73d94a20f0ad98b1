-- Writes the head of a document. Its lines are written by _write_document_lines() when their movements are known.
--   in_kind   purchase, sale, return or order
--   in_party  supplier or customer, null when there is none
-- Returns the document's id. Writes: stock_documents.
-- No SET search_path: its callers fix it.
create or replace function inventory._write_document(
    in_operation inventory.operation, in_kind text, in_party text, in_original_document_id bigint default null
) returns bigint
language plpgsql volatile
as $$
declare
    v_document_id bigint;
begin
    insert into inventory.stock_documents (
        store_id, kind, reference, party, original_document_id, reason, actor, correlation_id, occurred_at
    )
    values (
        in_operation.store_id, in_kind, in_operation.reference, in_party, in_original_document_id, in_operation.reason,
        in_operation.actor, in_operation.correlation_id, in_operation.occurred_at
    )
    returning document_id into v_document_id;
    return v_document_id;
end
$$;

comment on function inventory._write_document(inventory.operation, text, text, bigint) is 'Writes the head of a document.';
