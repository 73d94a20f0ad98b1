-- Adds to the cost of a lot what was not known when it came in: freight, customs, an invoice that came later; or takes from it, below 0.
-- It falls on all units of the lot alike. What of them is gone already bears its share by an entry of its own, the correction of what was
-- sold; what was recorded before stays as it was.
--   store            the store's code
--   lot_id           the lot, as list_lots() and the answers say
--   amount           in the store's currency, at most 6 decimals; not 0
--   reference        number of the invoice, 500 characters
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters
-- Returns the answer, without movements: lot {id, remaining_quantity, remaining_value}, remaining (the amount that falls on what is left)
-- and sold (on what is gone).
-- Raises 22... for wrong arguments or an amount that leaves less than nothing, SD006 for an unknown store or lot, 40001 when another
-- transaction was first.
-- Reads: stores, stock_lots. Writes: inventory_deduction_idempotency, stock_lots, stock_lot_entries,
-- inventory_event.
-- Locks: its idempotency key, then the lot's stock row FOR NO KEY UPDATE.
create or replace function inventory.add_lot_cost(
    store text, lot_id bigint, amount numeric, reference text default null, actor text default null,
    occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null,
    reason text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_made inventory.stock_key[];
    v_operation inventory.operation;
    v_lot record;
    v_version bigint;
    v_taken_value numeric;
begin
    v_operation := inventory._begin_operation(
        'add_lot_cost', add_lot_cost.store, jsonb_build_object('lot_id', add_lot_cost.lot_id, 'amount', add_lot_cost.amount),
        add_lot_cost.reference, add_lot_cost.actor, add_lot_cost.occurred_at, add_lot_cost.idempotency_key,
        add_lot_cost.correlation_id, add_lot_cost.reason, null
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    if not coalesce(abs(add_lot_cost.amount) < 1e15 and min_scale(add_lot_cost.amount) <= 6 and add_lot_cost.amount <> 0, false) then
        raise exception 'an amount cannot be %', coalesce(add_lot_cost.amount::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'A number other than 0 with at most 6 decimals.';
    end if;
    select l.store_id, l.product_id into v_lot
    from inventory.stock_lots as l
    where l.lot_id = add_lot_cost.lot_id and l.store_id = v_operation.store_id and not l.is_debt;
    if not found then
        raise exception 'no lot of % has the id %', add_lot_cost.store, add_lot_cost.lot_id
            using errcode = 'SD006', hint = 'select * from inventory.list_lots(store).';
    end if;
    -- The row may be gone; then nobody else can move its lots either, but to make it again.
    v_made := inventory._lock_stock_rows(array[(v_lot.store_id, v_lot.product_id)::inventory.stock_key]);
    select s.version into v_version
    from inventory.inventory_stock as s
    where s.store_id = v_lot.store_id and s.product_id = v_lot.product_id;
    select l.* into v_lot from inventory.stock_lots as l where l.lot_id = add_lot_cost.lot_id;
    if v_lot.value + add_lot_cost.amount < 0 then
        raise exception 'lot % cost %, which leaves nothing to take % from', v_lot.lot_id, v_lot.value, -add_lot_cost.amount
            using errcode = 'invalid_parameter_value';
    end if;
    v_taken_value := inventory._cost_share(v_lot.value + add_lot_cost.amount, v_lot.taken, v_lot.quantity);
    insert into inventory.stock_lot_entries (lot_id, store_id, product_id, version, kind, quantity, value, actor, occurred_at)
    select v_lot.lot_id, v_lot.store_id, v_lot.product_id, v_version, e.kind, 0, e.value, v_operation.actor, v_operation.occurred_at
    from (values ('cost', add_lot_cost.amount), ('cost_taken', v_lot.taken_value - v_taken_value)) as e (kind, value)
    where e.value <> 0;
    update inventory.stock_lots as l set value = l.value + add_lot_cost.amount, taken_value = v_taken_value
    where l.lot_id = v_lot.lot_id;
    perform inventory._write_cost_event(
        v_lot.store_id, v_lot.product_id, v_lot.remaining_value, v_lot.value + add_lot_cost.amount - v_taken_value, v_operation.actor
    );
    perform inventory._drop_unmoved_stock_rows(v_made);
    return inventory._finish_operation(
        v_operation, null, null,
        jsonb_build_object(
            'lot', jsonb_build_object(
                'id', v_lot.lot_id, 'remaining_quantity', v_lot.remaining_quantity,
                'remaining_value', v_lot.value + add_lot_cost.amount - v_taken_value
            ),
            'remaining', add_lot_cost.amount - (v_taken_value - v_lot.taken_value), 'sold', v_taken_value - v_lot.taken_value
        )
    );
end
$$;

comment on function inventory.add_lot_cost(text, bigint, numeric, text, text, timestamptz, text, text, text) is
    'Adds to the cost of a lot what was not known when it came in; what is sold of it bears its share by an entry of its own.';
