-- Reserves stock for an order: from then on it holds exactly these lines in the store, all of them or nothing new. What it held before is
-- replaced and never counts against it, so a cart that changes, or a second try, says again what it wants.
--   order            what the shop calls the order or the cart, 200 characters; one per store
--   store            the store's code
--   lines            [{sku, quantity, unit, price}], 1 to 10 000
--   ttl              how long it holds; left out: the setting reservation_minutes; at most reservation_minutes_max
--   reference        of the document and the movements, 500 characters; left out: the order
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
--   party            the customer, 500 characters
-- When too little is available, holds of those products whose time is over expire first.
-- Whole base units are set aside: for a third of a unit, one.
-- Returns the answer: success, errors, replayed, document (of kind order), movements (kinds reservation and release), reservation, ticket;
-- docs/reference/operations.md has its shape.
-- A refusal (insufficient_stock) names every product that is short; what the order held before it holds still.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units, settings. Writes: inventory_deduction_idempotency, stock_reservations, stock_holds, inventory_stock,
-- stock_ledger, stock_documents and its lines, operation_refusals.
-- Locks: idempotency keys, the order, stock rows FOR NO KEY UPDATE in key order, their holds.
create or replace function inventory.reserve_stock(
    "order" text, store text, lines jsonb, ttl interval default null, reference text default null, actor text default null,
    occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null,
    reason text default null, party text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_made inventory.stock_key[];
    v_answer jsonb;
    v_operation inventory.operation;
    v_lines inventory.operation_line[];
    v_ttl interval;
    v_reservation_id bigint;
    v_plan record;
    v_movements inventory.stock_movement[];
    v_errors jsonb;
begin
    v_answer := inventory._reserve_one(
        reserve_stock."order", reserve_stock.store, reserve_stock.lines, reserve_stock.ttl, reserve_stock.reference,
        reserve_stock.actor, reserve_stock.occurred_at, reserve_stock.idempotency_key, reserve_stock.correlation_id,
        reserve_stock.reason, reserve_stock.party
    );
    if v_answer is not null then
        return v_answer;
    end if;
    v_operation := inventory._begin_operation(
        'reserve_stock', reserve_stock.store,
        jsonb_build_object(
            'order', reserve_stock."order", 'lines', reserve_stock.lines, 'ttl', extract(epoch from reserve_stock.ttl), 'party', reserve_stock.party
        ),
        reserve_stock.reference, reserve_stock.actor, reserve_stock.occurred_at, reserve_stock.idempotency_key,
        reserve_stock.correlation_id, reserve_stock.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    perform inventory._check_order(reserve_stock."order");
    v_ttl := inventory._time_to_live(reserve_stock.ttl);
    v_lines := inventory._read_lines(reserve_stock.lines, array['price'], 'positive');
    perform inventory._check_party(reserve_stock.party);
    v_operation.reference := coalesce(v_operation.reference, reserve_stock."order");
    begin
        v_reservation_id := inventory._lock_order(v_operation, reserve_stock."order", true);
        v_made := inventory._lock_held_rows(v_operation, v_reservation_id, v_lines);
        loop
            select p.* into v_plan from inventory._plan_hold(v_operation, v_reservation_id, v_lines) as p;
            exit when v_plan.errors is null;
            if inventory._reap_products(v_operation, v_plan.short_product_ids) = 0 then
                v_errors := v_plan.errors;
                raise exception 'refused' using errcode = 'SDREF';
            end if;
        end loop;
        v_operation.document_id := inventory._write_document(v_operation, 'order', reserve_stock.party);
        if v_plan.changes is not null then
            select a.movements, a.errors into v_movements, v_errors from inventory._apply_changes(v_operation, v_plan.changes) as a;
            if v_errors is not null then
                raise exception 'refused' using errcode = 'SDREF';
            end if;
        end if;
        perform inventory._write_document_lines(
            v_operation.document_id, v_lines,
            -- To each line the movement of its product.
            array(
                select m
                from unnest(v_lines) with ordinality as l (
                    line, product_id, sku, quantity, unit, base_unit, numerator, denominator, unit_cost, price, lot, expires_on,
                    expected_version, expected_quantity, original_document_id, original_line, unit_numerator, unit_denominator, place
                )
                left join unnest(v_movements) as m on m.product_id = l.product_id
                order by l.place
            )
        );
        if v_plan.hold_changes is not null then
            perform inventory._change_holds(v_plan.hold_changes);
        end if;
        perform inventory._write_holds(v_operation, v_reservation_id, v_lines, clock_timestamp() + v_ttl);
        perform inventory._drop_unmoved_stock_rows(v_made);
        update inventory.stock_reservations as r set document_id = v_operation.document_id where r.reservation_id = v_reservation_id;
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(
        v_operation, v_movements, 'order',
        jsonb_build_object('reservation', inventory._reservation_json(v_reservation_id, reserve_stock."order"))
    );
end
$$;

comment on function inventory.reserve_stock(text, text, jsonb, interval, text, text, timestamptz, text, text, text, text) is
    'Reserves stock of a store for an order, all or nothing: from then on the order holds exactly these lines, {sku, quantity, unit, price}, for ttl.';
