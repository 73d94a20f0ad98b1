-- The short way of reserve_stock() for one line of whole base units and an order that is new, which is what most checkouts are: the same
-- effect and the same answer as the long one, in plain statements with scalar variables (see _move_one()).
-- Returns null, with nothing done, for whatever is not so simple or not so well: an order that reserved before, what _is_plain() and
-- _one_line() pass on, another unit, a key that was used, a stock row that is missing, short or keeps lots. tests/sql/pgtap/74_short_way.sql
-- compares the two.
-- Raises what _time_to_live() raises. Reads: stores, products, settings. Writes: inventory_deduction_idempotency, stock_reservations,
-- stock_holds, inventory_stock, stock_ledger, stock_documents, stock_document_lines.
-- Locks: its key, the order, its stock row. The UPDATE checks what it changes, as in _move_one().
-- No SET search_path: its callers fix it.
create or replace function inventory._reserve_one(
    in_order text, in_store text, in_lines jsonb, in_ttl interval, in_reference text, in_actor text, in_occurred_at timestamptz,
    in_idempotency_key text, in_correlation_id text, in_reason text, in_party text
) returns jsonb
language plpgsql volatile
as $$
declare
    v_line jsonb := inventory._one_line(in_lines, 'price');
    v_found record;
    v_units bigint;
    v_reservation_id bigint;
    v_moved record;
    v_expires_at timestamptz;
    v_answer jsonb;
begin
    if v_line is null or in_order is null or in_order = '' or not inventory._is_plain(
        in_idempotency_key, null, in_occurred_at,
        concat(in_order, in_reference, in_reason, in_actor, in_correlation_id, in_idempotency_key, in_party)
    ) then
        return null;
    end if;
    -- The document's id comes first, for the order to name it.
    select
        t.store_id, p.product_id, p.base_unit, (v_line -> 'quantity')::numeric as quantity,
        coalesce(in_occurred_at, now()) as occurred_at, coalesce(in_actor, session_user) as actor,
        coalesce(in_reference, in_order) as reference, nextval('inventory.stock_documents_document_id_seq') as document_id
    into v_found
    from inventory.stores as t, inventory.products as p
    where t.code = in_store and p.sku = v_line ->> 'sku'
        and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id));
    if v_found.quantity is null or v_found.quantity <= 0 or v_found.quantity >= 1e15 or v_found.quantity <> trunc(v_found.quantity)
    then
        return null;
    end if;
    v_units := v_found.quantity;
    if in_idempotency_key is not null then
        insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key)
        values (v_found.store_id, 'reserve_stock', in_idempotency_key)
        on conflict do nothing;
        if not found then
            return null;
        end if;
    end if;
    insert into inventory.stock_reservations (store_id, order_code, document_id)
    values (v_found.store_id, in_order, v_found.document_id)
    on conflict do nothing
    returning reservation_id into v_reservation_id;
    if not found then
        perform inventory._unclaim_one(v_found.store_id, 'reserve_stock', in_idempotency_key);
        return null;
    end if;
    update inventory.inventory_stock as s set
        reserved = s.reserved + v_units, version = s.version + 1, updated_at = clock_timestamp()
    where s.store_id = v_found.store_id and s.product_id = v_found.product_id and (s.available >= v_units or s.allow_negative)
        and not s.keeps_lots and s.available > -9222000000000000000
    returning s.on_hand, s.reserved, s.version into v_moved;
    if not found then
        delete from inventory.stock_reservations as r where r.reservation_id = v_reservation_id;
        perform inventory._unclaim_one(v_found.store_id, 'reserve_stock', in_idempotency_key);
        return null;
    end if;
    insert into inventory.stock_documents (
        document_id, store_id, kind, reference, party, reason, actor, correlation_id, occurred_at
    )
    overriding system value
    values (
        v_found.document_id, v_found.store_id, 'order', v_found.reference, in_party, in_reason, v_found.actor, in_correlation_id,
        v_found.occurred_at
    );
    insert into inventory.stock_document_lines (document_id, line, product_id, quantity, unit, numerator, denominator, price, version)
    values (
        v_found.document_id, 1, v_found.product_id, v_found.quantity, v_found.base_unit, v_units, 1, (v_line -> 'price')::numeric,
        v_moved.version
    );
    insert into inventory.stock_holds (
        reservation_id, store_id, product_id, units, numerator, denominator, quantity, unit, unit_numerator, unit_denominator, price,
        expires_at
    )
    values (
        v_reservation_id, v_found.store_id, v_found.product_id, v_units, v_units, 1, v_found.quantity, v_found.base_unit, 1, 1,
        (v_line -> 'price')::numeric, clock_timestamp() + inventory._time_to_live(in_ttl)
    )
    returning expires_at into v_expires_at;
    perform inventory._write_movement(
        v_found.store_id, v_found.product_id, 'reservation', 0, v_units, v_moved.on_hand, v_moved.reserved, v_moved.version,
        in_reason, v_found.reference, v_found.actor, in_correlation_id, v_found.occurred_at, v_found.document_id
    );
    v_answer := format(
        '{"success": true, "replayed": false, "operation": "reserve_stock", "store": %s, "errors": [], "movements": [{"line": 1, '
            '"store": %1$s, "sku": %s, "kind": "reservation", "on_hand_delta": 0, "reserved_delta": %s, "on_hand": %s, "reserved": %s, '
            '"available": %s, "version": %s}], "ticket": "%s", "document": {"id": %s, "kind": "order", "reference": %s}, '
            '"reservation": {"order": %s, "expires_at": %s, "lines": [{"sku": %2$s, "state": "held", "quantity": %3$s, "unit": %13$s, '
            '"units": %3$s}]}}',
        to_json(in_store), v_line -> 'sku', v_units, v_moved.on_hand, v_moved.reserved, v_moved.on_hand - v_moved.reserved,
        v_moved.version, pg_current_xact_id(), v_found.document_id, to_json(v_found.reference), to_json(in_order),
        to_json(v_expires_at), to_json(v_found.base_unit)
    )::jsonb;
    if in_idempotency_key is not null then
        insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
        values (
            v_found.store_id, 'reserve_stock', in_idempotency_key,
            inventory._request(
                jsonb_build_object('order', in_order, 'lines', in_lines, 'ttl', extract(epoch from in_ttl), 'party', in_party), in_reference, in_reason,
                in_actor, null, in_occurred_at
            ),
            v_answer
        )
        on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    end if;
    return v_answer;
end
$$;

comment on function inventory._reserve_one(
    text, text, jsonb, interval, text, text, timestamptz, text, text, text, text
) is 'The short way of a reservation of one line of whole base units by a new order; null when it is not so simple.';
