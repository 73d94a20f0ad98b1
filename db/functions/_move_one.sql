-- The short way of an operation that moves one line of whole base units, which is what most calls are: the same effect and the same
-- answer as _begin_operation(), _read_lines() and _move_stock(), in as few statements and expressions as it takes. PL/pgSQL makes each
-- of them ready anew in every transaction, so their number is the cost: the long way takes three times as many instructions.
-- Returns null, with nothing done, for whatever is not so simple or not so well: several lines, other fields than sku, quantity and
-- a price, another unit, long texts, settings of the writer, unknown store or sku, both keys at once, a key that was used, a stock row
-- that is missing, short or keeps lots, a store that the login may not use; of a deduction also a product with a recipe. The long way then does it, or says why not.
-- tests/sql/pgtap/74_short_way.sql compares the two.
--   in_name, in_kind, in_document_kind  of the operation, its movement and its document; null writes no document
--   in_sign                             1 adds what the line says, -1 takes it away
--   in_priced                           the field of the line's price: price, unit_cost or null
--   the others                          as of the public functions
-- Reads: stores, store_access, products, recipes. Writes: inventory_deduction_idempotency, inventory_stock, stock_ledger, stock_documents,
-- stock_document_lines, inventory_deductions, inventory_deduction_parts.
-- Locks: its key, then its stock row. The UPDATE checks what it changes: its WHERE names columns of that row only, which PostgreSQL
-- looks at again after it waited.
-- No SET search_path: its callers fix it.
create or replace function inventory._move_one(
    in_name text, in_kind text, in_document_kind text, in_sign integer, in_priced text,
    in_store text, in_lines jsonb, in_party text, in_reference text, in_actor text, in_occurred_at timestamptz,
    in_idempotency_key text, in_correlation_id text, in_reason text, in_transaction_id text
) returns jsonb
language plpgsql volatile
as $$
declare
    v_line jsonb := inventory._one_line(in_lines, in_priced);
    v_delta bigint;
    v_found record;
    v_moved record;
    v_document_id bigint;
    v_request jsonb;
    v_answer jsonb;
begin
    if v_line is null or not inventory._is_plain(
        in_idempotency_key, in_transaction_id, in_occurred_at,
        concat(in_reference, in_reason, in_actor, in_correlation_id, in_idempotency_key, in_transaction_id, in_party)
    ) then
        return null;
    end if;
    -- One statement for all that is looked up and worked out of the arguments.
    select
        t.store_id, p.product_id, p.base_unit, (v_line -> 'quantity')::numeric as quantity,
        coalesce(in_occurred_at, now()) as occurred_at, coalesce(in_actor, session_user) as actor,
        coalesce(in_idempotency_key, in_transaction_id) as key,
        case when in_idempotency_key is null then 'transaction' else in_name end as scope
    into v_found
    from inventory.stores as t, inventory.products as p
    where t.code = in_store and p.sku = v_line ->> 'sku'
        and (not exists (select from inventory.store_access as a where a.login = session_user) or inventory._may_use(t.store_id));
    if v_found.quantity is null or abs(v_found.quantity) >= 1e15 or v_found.quantity <> trunc(v_found.quantity)
        or v_found.quantity <= 0 and (in_kind <> 'adjustment' or v_found.quantity = 0)
    then
        return null;
    end if;
    if in_kind = 'deduction' then
        perform from inventory.recipes as r where r.product_id = v_found.product_id;
        if found then
            return null;
        end if;
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
    v_request := jsonb_build_object('lines', in_lines, 'party', in_party);
    if in_kind = 'deduction' then
        v_request := v_request || '{"operation": "deduct_inventory_atomic"}';
    end if;
    v_delta := in_sign * v_found.quantity;
    update inventory.inventory_stock as s set
        on_hand = s.on_hand + v_delta, version = s.version + 1,
        updated_at = clock_timestamp()
    where s.store_id = v_found.store_id and s.product_id = v_found.product_id
        -- Near the ends of bigint the long way says what is out of range. Cheap conditions are asked first, and these can fail in no sum.
        and s.on_hand < 9222000000000000000 and s.available > -9222000000000000000 and (s.available + v_delta >= 0 or s.allow_negative) and not s.keeps_lots
    returning s.on_hand, s.reserved, s.version into v_moved;
    if not found then
        perform inventory._unclaim_one(v_found.store_id, v_found.scope, v_found.key);
        return null;
    end if;
    if in_document_kind is not null then
        with document as (
            insert into inventory.stock_documents (
                store_id, kind, reference, party, reason, actor, correlation_id, occurred_at
            )
            values (
                v_found.store_id, in_document_kind, in_reference, in_party, in_reason, v_found.actor, in_correlation_id,
                v_found.occurred_at
            )
            returning document_id
        )
        insert into inventory.stock_document_lines (
            document_id, line, product_id, quantity, unit, numerator, denominator, unit_cost, price, version
        )
        select
            d.document_id, 1, v_found.product_id, v_found.quantity, v_found.base_unit, trunc(v_found.quantity), 1,
            (v_line -> 'unit_cost')::numeric, (v_line -> 'price')::numeric, case when in_kind <> 'deduction' then v_moved.version end
        from document as d
        returning document_id into v_document_id;
    end if;
    if in_kind = 'deduction' then
        insert into inventory.inventory_deductions (transaction_id, store_id, document_id)
        values (in_transaction_id, v_found.store_id, v_document_id);
        insert into inventory.inventory_deduction_parts (document_id, line, product_id, numerator, denominator)
        values (v_document_id, 1, v_found.product_id, trunc(v_found.quantity), 1);
    end if;
    perform inventory._write_movement(
        v_found.store_id, v_found.product_id, in_kind, v_delta, 0, v_moved.on_hand, v_moved.reserved, v_moved.version,
        in_reason, in_reference, v_found.actor, in_correlation_id, v_found.occurred_at, v_document_id
    );
    -- As text, which is read in less than half the time that the functions for building jsonb take.
    v_answer := format(
        '{"success": true, "replayed": false, "operation": "%s", "store": %s, "errors": [], "movements": [{"line": 1, "store": %2$s, '
            '"sku": %s, "kind": "%s", "on_hand_delta": %s, "reserved_delta": 0, "on_hand": %s, "reserved": %s, "available": %s, '
            '"version": %s}], "ticket": "%s"%s}',
        in_name, to_json(in_store), v_line -> 'sku', in_kind, v_delta, v_moved.on_hand, v_moved.reserved,
        v_moved.on_hand - v_moved.reserved, v_moved.version, pg_current_xact_id(),
        case when in_document_kind is not null then format(
            ', "document": {"id": %s, "kind": "%s", "reference": %s}', v_document_id, in_document_kind,
            coalesce(to_json(in_reference)::text, 'null')
        ) end
    )::jsonb;
    if v_found.key is not null then
        insert into inventory.inventory_deduction_idempotency as i (store_id, scope, idempotency_key, request, result)
        values (
            v_found.store_id, v_found.scope, v_found.key,
            inventory._request(v_request, in_reference, in_reason, in_actor, in_transaction_id, in_occurred_at),
            v_answer
        )
        on conflict (store_id, scope, idempotency_key) do update set request = excluded.request, result = excluded.result;
    end if;
    return v_answer;
end
$$;

comment on function inventory._move_one(
    text, text, text, integer, text, text, jsonb, text, text, text, timestamptz, text, text, text, text
) is 'The short way of an operation that moves one line of whole base units; null when it is not so simple.';
