-- Gives back what a deduction took, wholly or by line: exactly that, to the third of a unit, whatever recipes and mappings say now, never
-- more, and once. What was given back before is not given back again, so it may be called until it answers. Writes a document of kind
-- compensation and a row of inventory_compensation_log per line and product.
--   transaction_id   the deduction's
--   lines            [{line, quantity}]: numbers of lines of the deduction, each once, and how many of what was sold there, in the unit
--                    of that line; without quantity all that is left of the line. Left out: all that is left of the deduction
--   store            the store's code; left out: the one store that has such a deduction
--   reason           why, in words, 2000 characters
--   reference        its number in the world, 500 characters; also in the movements
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again. With quantities it is needed: giving back one of
--                    five twice is two
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, document, movements, itemsRestored, ticket; docs/reference/operations.md has its shape.
-- itemsRestored is the number of stock rows that got something back; 0, and no document, when nothing was left to give back.
-- A refusal (compensation_exceeds_deduction) names every line that would be given back more than it took.
-- Raises 22... for wrong arguments, SD006 for an unknown store, transaction id or line, 40001 when another transaction was first.
-- Reads: stores, inventory_deductions and its parts, products. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger,
-- stock_documents and its lines, inventory_compensation_log, stock_remainders and its steps, operation_refusals.
-- Locks: its idempotency key, then stock rows FOR NO KEY UPDATE in key order; they also keep two compensations of one line apart.
create or replace function inventory.compensate_deduction(
    transaction_id text, lines jsonb default null, store text default null, reason text default null, reference text default null,
    actor text default null, occurred_at timestamptz default null, idempotency_key text default null,
    correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made inventory.stock_key[];
    v_store text := coalesce(compensate_deduction.store, inventory._store_of_deduction(compensate_deduction.transaction_id));
    v_operation inventory.operation;
    v_deduction_id bigint;
    v_lines inventory.operation_line[];
    v_taken inventory.deduction_part[];
    v_given inventory.deduction_part[];
    v_movements inventory.stock_movement[];
    v_errors jsonb;
begin
    v_operation := inventory._begin_operation(
        'compensate_deduction', v_store,
        jsonb_build_object('deduction', compensate_deduction.transaction_id, 'lines', compensate_deduction.lines),
        compensate_deduction.reference, compensate_deduction.actor, compensate_deduction.occurred_at,
        compensate_deduction.idempotency_key, compensate_deduction.correlation_id, compensate_deduction.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    select d.document_id into v_deduction_id
    from inventory.inventory_deductions as d
    where d.transaction_id = compensate_deduction.transaction_id and d.store_id = v_operation.store_id;
    if not found then
        raise exception 'no deduction in % has the transaction_id "%"', v_store, left(compensate_deduction.transaction_id, 200)
            using errcode = 'SD006', hint = 'One that was refused took nothing.';
    end if;
    v_lines := inventory._read_compensation(v_deduction_id, compensate_deduction.lines);
    v_taken := inventory._parts_taken(v_deduction_id, v_lines);
    begin
        v_made := inventory._lock_changed_rows(
            inventory._changes_of_demand(v_operation, 'compensation', 1, inventory._demand_of_parts(v_taken))
        );
        -- Nobody else can give back of these lines now.
        select m.pieces, m.errors into v_lines, v_errors
        from inventory._match_compensation(v_operation, v_deduction_id, v_lines) as m;
        if v_errors is null and v_lines is not null then
            v_given := inventory._parts_given(v_lines, v_taken);
            v_operation.document_id := inventory._write_document(v_operation, 'compensation', null, v_deduction_id);
            select a.movements, a.errors into v_movements, v_errors
            from inventory._apply_changes(
                v_operation, inventory._changes_of_demand(v_operation, 'compensation', 1, inventory._demand_of_parts(v_given))
            ) as a;
        end if;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        if v_lines is not null then
            perform inventory._write_document_lines(v_operation.document_id, v_lines, null);
            insert into inventory.inventory_compensation_log (
                document_id, line, product_id, store_id, transaction_id, deduction_document_id, numerator, denominator, version, actor,
                reason
            )
            select
                v_operation.document_id, g.line, g.product_id, v_operation.store_id, compensate_deduction.transaction_id,
                v_deduction_id, g.numerator, g.denominator, m.version, v_operation.actor, v_operation.reason
            from unnest(v_given) as g
            join unnest(v_movements) as m on m.product_id = g.product_id;
        end if;
        perform inventory._drop_unmoved_stock_rows(v_made);
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(
        v_operation, v_movements, case when v_lines is not null then 'compensation' end,
        jsonb_build_object('itemsRestored', coalesce(cardinality(v_movements), 0))
    );
end
$$;

comment on function inventory.compensate_deduction(text, jsonb, text, text, text, text, timestamptz, text, text) is
    'Gives back exactly what a deduction took, wholly or by line, never more and once: itemsRestored stock rows.';
