-- Gives back what an order has reserved in a store, because it was cancelled or wants less.
--   order            what the shop calls the order or the cart
--   store            the store's code
--   lines            [{sku, quantity, unit}], what of it; left out: everything
--   reference        of the movements, 500 characters; left out: the order
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
-- What has expired moves nothing any more, and is settled: nothing is taken for it later.
-- Returns the answer: success, errors, replayed, movements (kind release), reservation (what is left), ticket;
-- docs/reference/operations.md has its shape.
-- A refusal (not_reserved; exceeds_reservation for every product of which more is given back than the order has) changes nothing.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units. Writes: inventory_deduction_idempotency, stock_holds, inventory_stock, stock_ledger, operation_refusals.
-- Locks: idempotency keys, the order, stock rows FOR NO KEY UPDATE in key order, their holds.
create or replace function inventory.unreserve_stock(
    "order" text, store text, lines jsonb default null, reference text default null, actor text default null,
    occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null, reason text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_made inventory.stock_key[];
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
    v_held inventory.operation_line[];
    v_reservation_id bigint;
    v_plan record;
    v_movements inventory.stock_movement[];
    v_errors jsonb;
begin
    v_operation := inventory._begin_operation(
        'unreserve_stock', unreserve_stock.store,
        jsonb_build_object('order', unreserve_stock."order", 'lines', unreserve_stock.lines),
        unreserve_stock.reference, unreserve_stock.actor, unreserve_stock.occurred_at, unreserve_stock.idempotency_key,
        unreserve_stock.correlation_id, unreserve_stock.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    perform inventory._check_order(unreserve_stock."order");
    if unreserve_stock.lines is not null then
        v_lines := inventory._read_lines(unreserve_stock.lines, array[]::text[], 'positive');
    end if;
    v_operation.reference := coalesce(v_operation.reference, unreserve_stock."order");
    begin
        v_reservation_id := inventory._lock_order(v_operation, unreserve_stock."order", false);
        v_held := inventory._held_lines(v_reservation_id);
        if v_held is null then
            v_errors := inventory._not_reserved(v_operation, v_reservation_id, unreserve_stock."order");
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        if v_lines is not null then
            v_lines := inventory._as_then(v_lines, v_held);
        end if;
        v_made := inventory._lock_held_rows(v_operation, v_reservation_id, v_lines);
        select p.* into v_plan
        from inventory._plan_release(v_operation, v_reservation_id, unreserve_stock."order", v_lines) as p;
        v_errors := v_plan.errors;
        if v_errors is null and v_plan.changes is not null then
            v_operation.document_id := (
                select r.document_id from inventory.stock_reservations as r where r.reservation_id = v_reservation_id
            );
            select a.movements, a.errors into v_movements, v_errors from inventory._apply_changes(v_operation, v_plan.changes) as a;
        end if;
        if v_errors is not null then
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        perform inventory._change_holds(v_plan.hold_changes);
        perform inventory._drop_unmoved_stock_rows(v_made);
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(
        v_operation, v_movements, null,
        jsonb_build_object('reservation', inventory._reservation_json(v_reservation_id, unreserve_stock."order"))
    );
end
$$;

comment on function inventory.unreserve_stock(text, text, jsonb, text, text, timestamptz, text, text, text) is
    'Gives back what an order has reserved in a store, whole or {sku, quantity, unit} per line; never more than it has.';
