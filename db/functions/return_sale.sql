-- Takes goods back: adds the lines to the store's stock, all or nothing, and writes a document of kind return.
--   store            the store's code
--   lines            [{sku, quantity, unit, price, lot, expires_on}], 1 to 10 000
--   sale             reference of the sale that they come from: each line is matched to lines of it, and never more is taken back than
--                    was sold and is not returned yet; left out: taken back without a receipt
--   reference        its number in the world, 500 characters; also in the movements
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
--   party            the customer, 500 characters
-- Returns the answer: success, errors, replayed, document, movements, ticket; docs/reference/operations.md has its shape.
-- A refusal (return_exceeds_sale) names every line that returns too much.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku, unit or sale, 40001 when another transaction was first.
-- Reads: stores, products, units, stock_documents and its lines. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger,
-- stock_documents and its lines, stock_remainders and its steps, operation_refusals.
-- Locks: idempotency keys, then stock rows FOR NO KEY UPDATE in key order; they also keep two returns of one sale apart.
create or replace function inventory.return_sale(
    store text, lines jsonb, sale text default null, reference text default null, actor text default null,
    occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null,
    reason text default null, party text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
    v_documents bigint[];
    v_movements inventory.stock_movement[];
    v_errors jsonb;
begin
    v_operation := inventory._begin_operation(
        'return_sale', return_sale.store,
        jsonb_build_object('lines', return_sale.lines, 'sale', return_sale.sale, 'party', return_sale.party),
        return_sale.reference, return_sale.actor, return_sale.occurred_at, return_sale.idempotency_key,
        return_sale.correlation_id, return_sale.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_lines := inventory._read_lines(return_sale.lines, array['price', 'lot', 'expires_on'], 'positive');
    perform inventory._check_party(return_sale.party);
    if return_sale.sale is null then
        return inventory._move_stock(
            v_operation, 'return', return_sale.party, v_lines, inventory._changes_of_lines(v_operation, 'return', 1, v_lines)
        );
    end if;
    v_documents := array(
        select d.document_id
        from inventory.stock_documents as d
        where d.store_id = v_operation.store_id and d.kind = 'sale' and d.reference = return_sale.sale
        order by d.document_id
    );
    if cardinality(v_documents) = 0 then
        raise exception 'no sale in % has the reference "%"', return_sale.store, left(return_sale.sale, 200)
            using errcode = 'SD006', hint = 'Leave sale out to take back what has no receipt.';
    end if;
    v_lines := inventory._as_then(v_lines, inventory._lines_of_documents(v_documents));
    begin
        perform inventory._lock_changed_rows(inventory._changes_of_lines(v_operation, 'return', 1, v_lines));
        select m.pieces, m.errors into v_lines, v_errors from inventory._match_returns(v_operation, v_documents, v_lines) as m;
        if v_errors is null then
            v_operation.document_id := inventory._write_document(
                v_operation, 'return', return_sale.party, v_documents[cardinality(v_documents)]
            );
            select a.movements, a.errors into v_movements, v_errors
            from inventory._apply_changes(
                v_operation, inventory._changes_of_lines(v_operation, 'return', 1, v_lines), in_lines => v_lines
            ) as a;
        end if;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        perform inventory._write_document_lines(v_operation.document_id, v_lines, v_movements);
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(v_operation, v_movements, 'return', null);
end
$$;

comment on function inventory.return_sale(text, jsonb, text, text, text, timestamptz, text, text, text, text) is
    'Takes goods back into a store, all or nothing: {sku, quantity, unit} per line; with sale, to the lines of that sale and never more than it sold.';
