-- Records what a paid order did not get, for people to decide: a document of kind shortfall with its lines, of which nothing moved, and an
-- event stock_shortfall per line.
--   in_short              the lines, or the rests of lines
--   in_order_document_id  what was reserved
-- Returns the document's id. Writes: stock_documents, stock_document_lines, inventory_event.
create or replace function inventory._write_shortfall(
    in_operation inventory.operation, in_order text, in_party text, in_short inventory.operation_line[], in_order_document_id bigint
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_document_id bigint := inventory._write_document(in_operation, 'shortfall', in_party, in_order_document_id);
begin
    perform inventory._write_document_lines(v_document_id, in_short, null);
    insert into inventory.inventory_event (type, store_id, product_id, changes, actor, correlation_id)
    select
        'stock_shortfall', in_operation.store_id, l.product_id,
        jsonb_build_array(
            jsonb_build_object('field', 'shortfall', 'oldValue', null, 'newValue', trim_scale(l.quantity)),
            jsonb_build_object('field', 'unit', 'oldValue', null, 'newValue', l.unit),
            jsonb_build_object('field', 'order', 'oldValue', null, 'newValue', in_order),
            jsonb_build_object('field', 'document', 'oldValue', null, 'newValue', v_document_id)
        ),
        in_operation.actor, in_operation.correlation_id
    from unnest(in_short) as l;
    return v_document_id;
end
$$;

comment on function inventory._write_shortfall(inventory.operation, text, text, inventory.operation_line[], bigint) is
    'Records what a paid order did not get: a document of kind shortfall, and events.';
