-- Receives goods: adds the lines to the store's stock and writes a document of kind purchase.
--   store            the store's code
--   lines            [{sku, quantity, unit, unit_cost, price, lot, expires_on}], 1 to 10 000
--   reference        its number in the world, 500 characters; also in the movements
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
--   party            the supplier, 500 characters
-- Returns the answer: success, errors, replayed, document, movements, ticket; docs/reference/operations.md has its shape.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger, stock_documents and its
-- lines, stock_remainders and its steps, operation_refusals.
-- Locks: idempotency keys, then stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory.receive_purchase(
    store text, lines jsonb, reference text default null, actor text default null, occurred_at timestamptz default null,
    idempotency_key text default null, correlation_id text default null, reason text default null, party text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer jsonb;
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
begin
    v_answer := inventory._move_one(
        'receive_purchase', 'purchase', 'purchase', 1, 'unit_cost', receive_purchase.store, receive_purchase.lines,
        receive_purchase.party, receive_purchase.reference, receive_purchase.actor, receive_purchase.occurred_at,
        receive_purchase.idempotency_key, receive_purchase.correlation_id, receive_purchase.reason, null
    );
    if v_answer is not null then
        return v_answer;
    end if;
    v_operation := inventory._begin_operation(
        'receive_purchase', receive_purchase.store, jsonb_build_object('lines', receive_purchase.lines, 'party', receive_purchase.party),
        receive_purchase.reference, receive_purchase.actor, receive_purchase.occurred_at, receive_purchase.idempotency_key,
        receive_purchase.correlation_id, receive_purchase.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_lines := inventory._read_lines(receive_purchase.lines, array['unit_cost', 'price', 'lot', 'expires_on'], 'positive');
    perform inventory._check_party(receive_purchase.party);
    return inventory._move_stock(
        v_operation, 'purchase', receive_purchase.party, v_lines,
        inventory._changes_of_lines(v_operation, 'purchase', 1, v_lines)
    );
end
$$;

comment on function inventory.receive_purchase(text, jsonb, text, text, timestamptz, text, text, text, text) is
    'Receives goods into a store: {sku, quantity, unit, unit_cost, lot, expires_on} per line. Answers with movements, versions and balances.';
