-- The short way of process_order_stock_reduction() for an order that holds one product in whole base units, has not expired, and is paid
-- whole: the same effect and the same answer as the long one, in plain statements with scalar variables (see _move_one()).
-- Returns null, with nothing done, for whatever is not so simple or not so well: lines, several holds, one that has expired, a fraction, lots,
-- what _is_plain() passes on, a key that was used. tests/sql/pgtap/74_short_way.sql compares the two.
-- Reads: stores, products, stock_documents. Writes: inventory_deduction_idempotency, stock_holds, inventory_stock, stock_ledger,
-- stock_documents, stock_document_lines.
-- Locks: its key, the order, its stock row, its hold. The stock row stays locked when null is returned: it is the only one of the order.
-- No SET search_path: its callers fix it.
create or replace function inventory._pay_one(
    in_order text, in_store text, in_reference text, in_actor text, in_occurred_at timestamptz, in_idempotency_key text,
    in_correlation_id text, in_reason text, in_party text, in_transaction_id text, in_rest text
) returns jsonb
language plpgsql volatile
as $$
declare
    v_found record;
    v_order record;
    v_hold record;
    v_moved record;
    v_document_id bigint;
    v_answer jsonb;
begin
    if in_order is null or in_order = '' or not inventory._is_plain(
        in_idempotency_key, in_transaction_id, in_occurred_at,
        concat(
            in_order, in_reference, in_reason, in_actor, in_correlation_id, in_idempotency_key, in_transaction_id, in_party
        )
    ) then
        return null;
    end if;
    select
        t.store_id, coalesce(in_occurred_at, now()) as occurred_at, coalesce(in_actor, session_user) as actor,
        coalesce(in_reference, in_order) as reference, coalesce(in_idempotency_key, in_transaction_id) as key,
        case when in_idempotency_key is null then 'transaction' else 'process_order_stock_reduction' end as scope
    into v_found
    from inventory.stores as t
    where t.code = in_store and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id));
    if not found then
        return null;
    end if;
    if v_found.key is not null then
        insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key)
        values (v_found.store_id, v_found.scope, v_found.key)
        on conflict do nothing;
        if not found then
            return null;
        end if;
    end if;
    if in_transaction_id is not null and inventory._is_deducted(v_found.store_id, in_transaction_id) then
        perform inventory._unclaim_one(v_found.store_id, v_found.scope, v_found.key);
        return null;
    end if;
    select r.reservation_id, r.document_id into v_order
    from inventory.stock_reservations as r
    where r.store_id = v_found.store_id and r.order_code = in_order
    for no key update;
    -- What is open of an order changes under its lock alone, which this has. The stock row comes before the hold, as for whoever lets holds
    -- expire. A scalar subquery is worked out first, and once: as a join it was begun, with statistics of few holds, from all that anybody has.
    update inventory.stock_holds as h set state = 'committed', is_settled = true, changed_at = clock_timestamp()
    where h.hold_id = (
        select l.hold_id
        from inventory.stock_holds as l
        join inventory.inventory_stock as s on s.store_id = l.store_id and s.product_id = l.product_id
        where l.reservation_id = v_order.reservation_id and not l.is_settled and not s.keeps_lots and not exists (
            select from inventory.stock_holds as o
            where o.reservation_id = v_order.reservation_id and not o.is_settled and o.product_id <> l.product_id
        )
        for no key update of s
    )
        and h.state = 'held' and h.expires_at > clock_timestamp() and h.denominator = 1 and h.numerator = h.units
    returning
        h.hold_id, h.product_id, h.units, h.quantity, h.unit, h.price,
        (select p.sku from inventory.products as p where p.product_id = h.product_id) as sku
    into v_hold;
    if not found then
        perform inventory._unclaim_one(v_found.store_id, v_found.scope, v_found.key);
        return null;
    end if;
    update inventory.inventory_stock as s set
        on_hand = s.on_hand - v_hold.units, reserved = s.reserved - v_hold.units, version = s.version + 1,
        updated_at = clock_timestamp()
    where s.store_id = v_found.store_id and s.product_id = v_hold.product_id
    returning s.on_hand, s.reserved, s.version into v_moved;
    insert into inventory.stock_documents (
        store_id, kind, reference, party, original_document_id, reason, actor, correlation_id, occurred_at
    )
    values (
        v_found.store_id, 'sale', v_found.reference,
        coalesce(in_party, (select d.party from inventory.stock_documents as d where d.document_id = v_order.document_id)),
        v_order.document_id, in_reason, v_found.actor, in_correlation_id, v_found.occurred_at
    )
    returning document_id into v_document_id;
    insert into inventory.stock_document_lines (document_id, line, product_id, quantity, unit, numerator, denominator, price, version)
    values (v_document_id, 1, v_hold.product_id, v_hold.quantity, v_hold.unit, v_hold.units, 1, v_hold.price, v_moved.version);
    perform inventory._write_movement(
        v_found.store_id, v_hold.product_id, 'sale', -v_hold.units, -v_hold.units, v_moved.on_hand, v_moved.reserved, v_moved.version,
        in_reason, v_found.reference, v_found.actor, in_correlation_id, v_found.occurred_at, v_document_id
    );
    v_answer := format(
        '{"success": true, "replayed": false, "operation": "process_order_stock_reduction", "store": %s, "errors": [], '
            '"movements": [{"line": 1, "store": %1$s, "sku": %s, "kind": "sale", "on_hand_delta": -%s, "reserved_delta": -%3$s, '
            '"on_hand": %s, "reserved": %s, "available": %s, "version": %s}], "ticket": "%s", '
            '"document": {"id": %s, "kind": "sale", "reference": %s}, '
            '"reservation": {"order": %s, "expires_at": null, "lines": []}, "shortfall": [], "shortfall_document": null}',
        to_json(in_store), to_json(v_hold.sku), v_hold.units, v_moved.on_hand, v_moved.reserved, v_moved.on_hand - v_moved.reserved,
        v_moved.version, pg_current_xact_id(), v_document_id, to_json(v_found.reference), to_json(in_order)
    )::jsonb;
    if v_found.key is not null then
        insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
        values (
            v_found.store_id, v_found.scope, v_found.key,
            inventory._request(
                jsonb_build_object('order', in_order, 'rest', in_rest, 'party', in_party), in_reference, in_reason, in_actor,
                in_transaction_id, in_occurred_at
            ),
            v_answer
        )
        on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    end if;
    return v_answer;
end
$$;

comment on function inventory._pay_one(
    text, text, text, text, timestamptz, text, text, text, text, text, text
) is 'The short way of an order that is paid whole and holds one product in whole base units; null when it is not so simple.';
