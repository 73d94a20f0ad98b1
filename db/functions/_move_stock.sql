-- Does an operation whose changes are known before its stock rows are looked at, from the locks to the answer.
--   in_document_kind  purchase, sale or return writes a document; null writes none
--   in_party          of the document
--   in_lines          of the document and of lots, one per change
--   in_changes        what is to move
-- Returns the answer, or the refusal of _apply_changes().
-- A refusal undoes the block in which all of it is done.
-- Reads and writes what _apply_changes() does, and stock_documents, stock_document_lines, operation_refusals.
-- Locks: the stock rows FOR NO KEY UPDATE in key order. The keys were claimed before.
-- No SET search_path: its callers fix it.
create or replace function inventory._move_stock(
    in_operation inventory.operation, in_document_kind text, in_party text, in_lines inventory.operation_line[],
    in_changes inventory.stock_change[]
) returns jsonb
language plpgsql volatile
as $$
declare
    v_operation inventory.operation := in_operation;
    v_movements inventory.stock_movement[];
    v_errors jsonb;
begin
    begin
        perform inventory._lock_changed_rows(in_changes);
        if in_document_kind is not null then
            v_operation.document_id := inventory._write_document(v_operation, in_document_kind, in_party);
        end if;
        select a.movements, a.errors into v_movements, v_errors
        from inventory._apply_changes(v_operation, in_changes, in_lines => in_lines) as a;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        if in_document_kind is not null then
            perform inventory._write_document_lines(v_operation.document_id, in_lines, v_movements);
        end if;
    exception when sqlstate 'SDREF' then
        return inventory._refuse(in_operation, v_errors);
    end;
    return inventory._finish_operation(v_operation, v_movements, in_document_kind, null);
end
$$;

comment on function inventory._move_stock(
    inventory.operation, text, text, inventory.operation_line[], inventory.stock_change[]
) is 'Does an operation from the locks to the answer.';
