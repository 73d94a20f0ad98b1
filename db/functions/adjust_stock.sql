-- Adjusts stock by differences, all or nothing: broken, found, eaten. For what was counted use set_stock().
--   store            the store's code
--   lines            [{sku, quantity, unit, lot}], 1 to 10 000; quantity is the difference, above or below 0
--   reference        its number in the world, 500 characters; also in the movements
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
-- Returns the answer: success, errors, replayed, movements, ticket; docs/reference/operations.md has its shape.
-- A refusal (insufficient_stock) names every product that would be short.
-- Raises 22... for wrong arguments or no reason, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger, stock_remainders and its
-- steps, operation_refusals.
-- Locks: idempotency keys, then stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory.adjust_stock(
    store text, lines jsonb, reason text, reference text default null, actor text default null,
    occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer jsonb;
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
begin
    if trim(adjust_stock.reason) <> '' then
        v_answer := inventory._move_one(
            'adjust_stock', 'adjustment', null, 1, null, adjust_stock.store, adjust_stock.lines, null, adjust_stock.reference,
            adjust_stock.actor, adjust_stock.occurred_at, adjust_stock.idempotency_key, adjust_stock.correlation_id,
            adjust_stock.reason, null
        );
    end if;
    if v_answer is not null then
        return v_answer;
    end if;
    v_operation := inventory._begin_operation(
        'adjust_stock', adjust_stock.store, jsonb_build_object('lines', adjust_stock.lines),
        adjust_stock.reference, adjust_stock.actor, adjust_stock.occurred_at, adjust_stock.idempotency_key,
        adjust_stock.correlation_id, adjust_stock.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    if coalesce(trim(v_operation.reason), '') = '' then
        raise exception 'an adjustment needs a reason'
            using errcode = 'null_value_not_allowed', hint = 'Say why in reason: broken, found, own use.';
    end if;
    v_lines := inventory._read_lines(adjust_stock.lines, array['unit_cost', 'lot', 'expires_on'], 'nonzero');
    return inventory._move_stock(
        v_operation, null, null, v_lines, inventory._changes_of_lines(v_operation, 'adjustment', 1, v_lines)
    );
end
$$;

comment on function inventory.adjust_stock(text, jsonb, text, text, text, timestamptz, text, text) is
    'Adjusts stock by differences with a reason, all or nothing: {sku, quantity, unit} per line, quantity above or below 0.';
