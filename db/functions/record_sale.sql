-- Records a sale: takes the lines from the store's stock, all or nothing, and writes a document of kind sale.
--   store            the store's code
--   lines            [{sku, quantity, unit, price, lot, expires_on}], 1 to 10 000; lot (and expires_on, when two lots have that name) is
--                    the one to sell from, of products that keep lots
--   reference        its number in the world, 500 characters; also in the movements
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
--   party            the customer, 500 characters
--   transaction_id   a till's own id of the sale, 200 characters: one per store is done, whatever idempotency_key says
-- Returns the answer: success, errors, replayed, document, movements, ticket; docs/reference/operations.md has its shape.
-- A refusal (insufficient_stock) names every product that is short.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger, stock_documents and its
-- lines, stock_remainders and its steps, operation_refusals.
-- Locks: idempotency keys, then stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory.record_sale(
    store text, lines jsonb, reference text default null, actor text default null, occurred_at timestamptz default null,
    idempotency_key text default null, correlation_id text default null, reason text default null, party text default null,
    transaction_id text default null
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
        'record_sale', 'sale', 'sale', -1, 'price', record_sale.store, record_sale.lines, record_sale.party, record_sale.reference,
        record_sale.actor, record_sale.occurred_at, record_sale.idempotency_key, record_sale.correlation_id,
        record_sale.reason, record_sale.transaction_id
    );
    if v_answer is null then
        v_answer := inventory._move_lines(
            'record_sale', 'sale', record_sale.store, record_sale.lines, record_sale.party, record_sale.reference, record_sale.actor,
            record_sale.occurred_at, record_sale.idempotency_key, record_sale.correlation_id, record_sale.reason,
            record_sale.transaction_id
        );
    end if;
    if v_answer is not null then
        return v_answer;
    end if;
    v_operation := inventory._begin_operation(
        'record_sale', record_sale.store, jsonb_build_object('lines', record_sale.lines, 'party', record_sale.party),
        record_sale.reference, record_sale.actor, record_sale.occurred_at, record_sale.idempotency_key,
        record_sale.correlation_id, record_sale.reason, record_sale.transaction_id
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_lines := inventory._read_lines(record_sale.lines, array['price', 'lot', 'expires_on'], 'positive');
    perform inventory._check_party(record_sale.party);
    return inventory._move_stock(
        v_operation, 'sale', record_sale.party, v_lines, inventory._changes_of_lines(v_operation, 'sale', -1, v_lines)
    );
end
$$;

comment on function inventory.record_sale(text, jsonb, text, text, timestamptz, text, text, text, text, text) is
    'Records a sale of a store, all or nothing: {sku, quantity, unit, price} per line. Refused with every shortage when it is more than is available.';
