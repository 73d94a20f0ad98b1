-- Sets stock to balances, many rows at once, all or nothing: a count, or the nightly file of another system. Compares first when it is
-- told to: a line with expected_version or expected_quantity changes nothing unless the stock row is as expected.
--   store            the store's code
--   lines            [{sku, quantity, unit, expected_version, expected_quantity}], 1 to 10 000, each sku once; quantity is the new
--                    balance in the unit, expected_quantity the old one in the same unit, expected_version 0 where no row is yet
--   reference        number of the count, 500 characters; also in the movements
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it was counted; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
-- A row that was not there gets a movement of kind opening, another one a count with the difference; no difference, no movement.
-- Returns the answer: success, errors, replayed, movements, ticket; docs/reference/operations.md has its shape.
-- A refusal names every row that is not as expected (version_conflict), or every one whose balance would be less than is reserved
-- (insufficient_stock).
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger, stock_remainders and its
-- steps, operation_refusals.
-- Locks: idempotency keys, then stock rows FOR NO KEY UPDATE in key order.
create or replace function inventory.set_stock(
    store text, lines jsonb, reference text default null, actor text default null, occurred_at timestamptz default null,
    idempotency_key text default null, correlation_id text default null, reason text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
    v_made inventory.stock_key[];
    v_changes inventory.stock_change[];
    v_movements inventory.stock_movement[];
    v_errors jsonb;
    v_twice text;
begin
    v_operation := inventory._begin_operation(
        'set_stock', set_stock.store, jsonb_build_object('lines', set_stock.lines),
        set_stock.reference, set_stock.actor, set_stock.occurred_at, set_stock.idempotency_key,
        set_stock.correlation_id, set_stock.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_lines := inventory._read_lines(set_stock.lines, array['expected_version', 'expected_quantity'], 'any');
    select l.sku into v_twice from unnest(v_lines) as l group by l.sku having count(*) > 1 limit 1;
    if found then
        raise exception 'the stock of % is set twice', v_twice
            using errcode = 'invalid_parameter_value', hint = 'Give each sku once.';
    end if;
    begin
        v_made := inventory._lock_changed_rows(inventory._changes_of_lines(v_operation, 'count', 1, v_lines));
        -- Apart, for what the locked rows are is seen by the next statement's snapshot only.
        select c.changes, c.errors into v_changes, v_errors from inventory._changes_to_balances(v_operation, v_lines, v_made) as c;
        if v_errors is null and cardinality(v_changes) > 0 then
            select a.movements, a.errors into v_movements, v_errors from inventory._apply_changes(v_operation, v_changes) as a;
        end if;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(v_operation, v_movements, null, null);
end
$$;

comment on function inventory.set_stock(text, jsonb, text, text, timestamptz, text, text, text) is
    'Sets stock to balances, many rows at once, all or nothing: {sku, quantity, unit} per line, compared before with expected_version or expected_quantity where given.';
