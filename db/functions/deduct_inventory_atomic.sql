-- Takes what is sold from the store's stock, all or nothing: each product by its recipe and the store's conversion mappings, or from its
-- own stock when it has no recipe. What all lines together take from a stock row must be there. Writes a document of kind deduction.
--   store              the store's code; no other store's stock can be taken
--   lines              [{sku, quantity, unit, price}], 1 to 10 000: what was sold
--   transaction_id     the till's own id of the sale, 200 characters: one per store is done, whatever idempotency_key says, and
--                      compensate_deduction() finds it by it
--   expected_versions  {sku: version} of stock rows, as validate_deduction() answers: refused when one that is taken has another version;
--                      left out: not compared
--   reference          its number in the world, 500 characters; also in the movements
--   actor              who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at        when it happened; left out: now
--   idempotency_key    names this request besides transaction_id, which is enough
--   correlation_id     ties together what one request did; not compared between requests with the same key
--   reason             why, in words, 2000 characters
--   party              the customer, 500 characters
-- Returns the answer: success, errors, replayed, document, movements (one per stock row), ticket; docs/reference/operations.md has its
-- shape. A refusal (no_conversion_mapping, no_ingredients, version_conflict, insufficient_stock) names everything that stands in the way.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units, recipes, recipe_ingredients, conversion_mappings. Writes: inventory_deduction_idempotency,
-- inventory_stock, stock_ledger, stock_documents and its lines, inventory_deductions and its parts, stock_remainders and its steps,
-- operation_refusals.
-- Locks: idempotency keys, then stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory.deduct_inventory_atomic(
    store text, lines jsonb, transaction_id text, expected_versions jsonb default null, reference text default null,
    actor text default null, occurred_at timestamptz default null, idempotency_key text default null,
    correlation_id text default null, reason text default null, party text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer jsonb;
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
    v_parts inventory.deduction_part[];
    v_demand inventory.stock_demand[];
    v_changes inventory.stock_change[];
    v_movements inventory.stock_movement[];
    v_unserved jsonb;
    v_errors jsonb;
begin
    if deduct_inventory_atomic.transaction_id is null then
        raise exception 'no transaction_id is given'
            using errcode = 'null_value_not_allowed', hint = 'Make one per sale, and keep it over retries.';
    end if;
    if deduct_inventory_atomic.expected_versions is null then
        v_answer := inventory._move_one(
            'deduct_inventory_atomic', 'deduction', 'deduction', -1, 'price', deduct_inventory_atomic.store,
            deduct_inventory_atomic.lines, deduct_inventory_atomic.party, deduct_inventory_atomic.reference,
            deduct_inventory_atomic.actor, deduct_inventory_atomic.occurred_at, deduct_inventory_atomic.idempotency_key,
            deduct_inventory_atomic.correlation_id, deduct_inventory_atomic.reason, deduct_inventory_atomic.transaction_id
        );
        if v_answer is null then
            v_answer := inventory._move_lines(
                'deduct_inventory_atomic', 'deduction', deduct_inventory_atomic.store, deduct_inventory_atomic.lines,
                deduct_inventory_atomic.party, deduct_inventory_atomic.reference, deduct_inventory_atomic.actor,
                deduct_inventory_atomic.occurred_at, deduct_inventory_atomic.idempotency_key, deduct_inventory_atomic.correlation_id,
                deduct_inventory_atomic.reason, deduct_inventory_atomic.transaction_id
            );
        end if;
        if v_answer is not null then
            return v_answer;
        end if;
    end if;
    -- The request says what it is: its transaction id could be a sale's of record_sale() with the same lines.
    v_operation := inventory._begin_operation(
        'deduct_inventory_atomic', deduct_inventory_atomic.store,
        jsonb_build_object(
            'operation', 'deduct_inventory_atomic', 'lines', deduct_inventory_atomic.lines,
            'expected_versions', deduct_inventory_atomic.expected_versions, 'party', deduct_inventory_atomic.party
        ),
        deduct_inventory_atomic.reference, deduct_inventory_atomic.actor, deduct_inventory_atomic.occurred_at,
        deduct_inventory_atomic.idempotency_key, deduct_inventory_atomic.correlation_id, deduct_inventory_atomic.reason,
        deduct_inventory_atomic.transaction_id
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_lines := inventory._read_lines(deduct_inventory_atomic.lines, array['price'], 'positive');
    perform inventory._check_party(deduct_inventory_atomic.party);
    perform inventory._check_expected_versions(deduct_inventory_atomic.expected_versions);
    select p.parts, inventory._unserved(v_operation.store, p.missing) into v_parts, v_unserved
    from inventory._deduction_parts(
        array_fill(1, array[cardinality(v_lines)]), array_fill(v_operation.store_id, array[cardinality(v_lines)]), v_lines
    ) as p;
    v_demand := inventory._demand_of_parts(v_parts);
    v_changes := inventory._changes_of_demand(v_operation, 'deduction', -1, v_demand);
    begin
        perform inventory._lock_changed_rows(v_changes);
        v_errors := inventory._demand_errors(
            v_operation.store_id, v_operation.store, v_parts, v_demand, deduct_inventory_atomic.expected_versions
        );
        if v_unserved is not null then
            v_errors := v_unserved || coalesce(v_errors, '[]');
        end if;
        if v_errors is null then
            v_operation.document_id := inventory._write_document(v_operation, 'deduction', deduct_inventory_atomic.party);
            v_errors := inventory._write_deduction(v_operation, v_parts);
        end if;
        if v_errors is null then
            select a.movements, a.errors into v_movements, v_errors from inventory._apply_changes(v_operation, v_changes) as a;
        end if;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        perform inventory._write_document_lines(v_operation.document_id, v_lines, null);
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(v_operation, v_movements, 'deduction', null);
end
$$;

comment on function inventory.deduct_inventory_atomic(
    text, jsonb, text, jsonb, text, text, timestamptz, text, text, text, text
) is 'Takes what is sold from a store''s stock by recipes and conversion mappings, all or nothing: {sku, quantity, unit, price} per line. Refused with everything that stands in the way.';
