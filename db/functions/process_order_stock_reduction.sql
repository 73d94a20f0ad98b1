-- Takes what a paid order has reserved out of the stock, whole or in part, and writes a document of kind sale.
--   order            what the shop calls the order
--   store            the store's code
--   lines            [{sku, quantity, unit, price, lot, expires_on}], what is paid; left out: everything that the order has reserved
--   rest             what becomes of what it holds beyond the lines: 'release' gives it back, 'keep' lets it hold on
--   reference        of the documents and the movements, 500 characters; left out: the order
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
--   party            the customer, 500 characters; left out: as reserved
--   transaction_id   an id of the payment, 200 characters: one per store is done, whatever idempotency_key says
-- The order is paid, so it is not refused for want of stock. What it holds it takes; what it does not hold (any more, because its time was
-- over, or because more was paid than reserved) it takes as far as there is any, and of a lot that a line names what that has; what is
-- missing then is a shortfall: a document of kind shortfall and an event stock_shortfall per line, for people to decide. Nothing goes below
-- zero unless the row allows it.
-- Returns the answer: success, errors, replayed, document (left out when nothing was there), movements (kinds sale and release), shortfall,
-- shortfall_document, reservation (what is kept), ticket; docs/reference/operations.md has its shape.
-- A refusal (not_reserved: never reserved, given back, or taken already) changes nothing.
-- Raises 22... for wrong arguments, SD006 for an unknown store, sku or unit, 40001 when another transaction was first.
-- Reads: stores, products, units. Writes: inventory_deduction_idempotency, stock_holds, inventory_stock, stock_ledger, stock_documents and
-- its lines, stock_remainders and its steps, inventory_event, operation_refusals.
-- Locks: idempotency keys, the order, stock rows FOR NO KEY UPDATE in key order, their holds.
create or replace function inventory.process_order_stock_reduction(
    "order" text, store text, lines jsonb default null, rest text default 'release', reference text default null,
    actor text default null, occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null,
    reason text default null, party text default null, transaction_id text default null
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
    v_held inventory.operation_line[];
    v_reservation_id bigint;
    v_order_document_id bigint;
    v_party text := process_order_stock_reduction.party;
    v_plan record;
    v_movements inventory.stock_movement[];
    v_shortfall_id bigint;
    v_short inventory.operation_line[];
    v_lots_short inventory.operation_line[] := '{}';
    v_errors jsonb;
begin
    if process_order_stock_reduction.lines is null and process_order_stock_reduction.rest in ('release', 'keep') then
        v_answer := inventory._pay_one(
            process_order_stock_reduction."order", process_order_stock_reduction.store, process_order_stock_reduction.reference,
            process_order_stock_reduction.actor, process_order_stock_reduction.occurred_at,
            process_order_stock_reduction.idempotency_key, process_order_stock_reduction.correlation_id,
            process_order_stock_reduction.reason, process_order_stock_reduction.party,
            process_order_stock_reduction.transaction_id, process_order_stock_reduction.rest
        );
        if v_answer is not null then
            return v_answer;
        end if;
    end if;
    v_operation := inventory._begin_operation(
        'process_order_stock_reduction', process_order_stock_reduction.store,
        jsonb_build_object(
            'order', process_order_stock_reduction."order", 'lines', process_order_stock_reduction.lines,
            'rest', process_order_stock_reduction.rest, 'party', process_order_stock_reduction.party
        ),
        process_order_stock_reduction.reference, process_order_stock_reduction.actor, process_order_stock_reduction.occurred_at,
        process_order_stock_reduction.idempotency_key, process_order_stock_reduction.correlation_id,
        process_order_stock_reduction.reason, process_order_stock_reduction.transaction_id
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    perform inventory._check_order(process_order_stock_reduction."order");
    if coalesce(process_order_stock_reduction.rest, '') not in ('release', 'keep') then
        raise exception 'rest cannot be "%"', left(process_order_stock_reduction.rest, 60)
            using errcode = 'invalid_parameter_value', hint = 'It is release or keep.';
    end if;
    if process_order_stock_reduction.lines is not null then
        v_lines := inventory._read_lines(process_order_stock_reduction.lines, array['price', 'lot', 'expires_on'], 'positive');
    end if;
    perform inventory._check_party(process_order_stock_reduction.party);
    v_operation.reference := coalesce(v_operation.reference, process_order_stock_reduction."order");
    -- A lot that a line names and that has less is found when it is taken from: then all is undone and done again without that.
    for v_round in 1 .. 100 loop
        begin
            v_reservation_id := inventory._lock_order(v_operation, process_order_stock_reduction."order", false);
            v_held := inventory._held_lines(v_reservation_id);
            if v_held is null then
                v_errors := inventory._not_reserved(v_operation, v_reservation_id, process_order_stock_reduction."order");
                raise exception 'refused' using errcode = 'SDREF';
            end if;
            v_lines := case when v_lines is null then v_held else inventory._as_then(v_lines, v_held) end;
            v_operation.document_id := null;
            v_movements := null;
            v_errors := null;
            v_made := inventory._lock_held_rows(v_operation, v_reservation_id, v_lines);
            select r.document_id, coalesce(v_party, d.party) into v_order_document_id, v_party
            from inventory.stock_reservations as r
            left join inventory.stock_documents as d on d.document_id = r.document_id
            where r.reservation_id = v_reservation_id;
            select p.* into v_plan
            from inventory._plan_reduction(v_operation, v_reservation_id, v_lines, process_order_stock_reduction.rest) as p;
            if v_plan.sold is not null then
                v_operation.document_id := inventory._write_document(v_operation, 'sale', v_party, v_order_document_id);
            end if;
            if v_plan.changes is not null then
                select a.movements, a.errors into v_movements, v_errors
                from inventory._apply_changes(v_operation, v_plan.changes, in_lines => v_plan.sold) as a;
                if v_errors is not null then
                    raise exception 'refused' using errcode = 'SDREF';
                end if;
            end if;
            if v_plan.sold is not null then
                perform inventory._write_document_lines(v_operation.document_id, v_plan.sold, v_movements[:cardinality(v_plan.sold)]);
            end if;
            v_short := inventory._lines_together(v_plan.short || v_lots_short);
            if v_short is not null then
                v_shortfall_id := inventory._write_shortfall(
                    v_operation, process_order_stock_reduction."order", v_party, v_short, v_order_document_id
                );
            end if;
            if v_plan.hold_changes is not null then
                perform inventory._change_holds(v_plan.hold_changes);
            end if;
            perform inventory._drop_unmoved_stock_rows(v_made);
            exit;
        exception when sqlstate 'SDREF' then
            if v_errors #>> '{0,code}' <> 'lot_short' or v_round = 100 then
                return inventory._refuse(v_operation, v_errors);
            end if;
            select l.lines, l.short into v_lines, v_lots_short
            from inventory._leave_lots_short(v_lines, v_lots_short, v_errors) as l;
        end;
    end loop;
    return inventory._finish_operation(
        v_operation, v_movements, case when v_plan.sold is not null then 'sale' end,
        jsonb_build_object(
            'reservation', inventory._reservation_json(v_reservation_id, process_order_stock_reduction."order"),
            'shortfall', coalesce(
                (
                    select jsonb_agg(
                        jsonb_build_object('line', l.line, 'sku', l.sku, 'quantity', trim_scale(l.quantity), 'unit', l.unit)
                        order by l.line
                    )
                    from unnest(v_short) as l
                ),
                '[]'
            ),
            'shortfall_document', v_shortfall_id
        )
    );
end
$$;

comment on function inventory.process_order_stock_reduction(
    text, text, jsonb, text, text, text, timestamptz, text, text, text, text, text
) is
    'Takes what a paid order has reserved out of the stock, whole or {sku, quantity, unit, price} per line; what is not there any more is recorded as a shortfall.';
