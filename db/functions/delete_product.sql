-- Deletes a product for readers: it is not active any more. Its stock, movements and documents stay, and update_product() takes it back.
--   sku              the product
--   reservations     what to do when orders hold some of it: refuse, or release, which gives it back to stock; then those orders take
--                    none of it any more
--   reference        of the releases, 500 characters; left out: the order's
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   occurred_at      when it happened; left out: now
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
--   reason           why, in words, 2000 characters; left out: product deleted
-- What is over its time is not held: it expires first. One that was deleted before is a success that changes nothing.
-- Returns the answer: success, errors, replayed, deleted (whether it was active), movements (kind release), orders [{store, order, units}],
-- product, ticket.
-- A refusal (reservations_open) names the orders and changes nothing.
-- Raises 22... for wrong arguments, SD006 for an unknown sku, 40001 when another transaction was first.
-- Reads: stores, stock_reservations. Writes: inventory_deduction_idempotency, products, inventory_event (product_deleted, product_updated),
-- stock_holds, inventory_stock, stock_ledger, operation_refusals.
-- Locks: the idempotency key, the product, for a release the orders by reservation_id, its stock rows FOR NO KEY UPDATE in key order, their
-- holds.
create or replace function inventory.delete_product(
    sku text, reservations text default 'refuse', reference text default null, actor text default null,
    occurred_at timestamptz default null, idempotency_key text default null, correlation_id text default null, reason text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_operation inventory.operation;
    v_product inventory.products;
    v_plan record;
    v_movements inventory.stock_movement[];
    v_errors jsonb;
    v_before record;
    v_now timestamptz;
    v_reservation_ids bigint[];
begin
    perform inventory._check_every_store('delete_product()');
    v_operation := inventory._begin_operation(
        'delete_product', null, jsonb_build_object('sku', delete_product.sku, 'reservations', delete_product.reservations),
        delete_product.reference, delete_product.actor, delete_product.occurred_at, delete_product.idempotency_key,
        delete_product.correlation_id, delete_product.reason, null, false
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    if delete_product.reservations is null or delete_product.reservations not in ('refuse', 'release') then
        raise exception 'reservations cannot be %', coalesce(quote_literal(left(delete_product.reservations, 60)), 'null')
            using errcode = 'invalid_parameter_value', hint = 'refuse or release.';
    end if;
    v_operation.reason := coalesce(v_operation.reason, 'product deleted');
    begin
        select p.* into v_product
        from inventory.products as p
        where p.product_id = inventory._product_id(delete_product.sku)
        for no key update;
        -- Orders come before stock rows, and which orders there are is certain only after: again when one came in between.
        for v_try in 1..100 loop
            begin
                v_reservation_ids := case when delete_product.reservations = 'release' then array(
                    select h.reservation_id
                    from inventory.inventory_stock as s
                    join inventory.stock_holds as h on h.store_id = s.store_id and h.product_id = s.product_id
                    where s.product_id = v_product.product_id and h.state = 'held'
                ) end;
                perform from inventory.stock_reservations as r
                where r.reservation_id = any (v_reservation_ids)
                order by r.reservation_id
                for no key update;
                perform from inventory.inventory_stock as s
                where s.product_id = v_product.product_id
                order by s.store_id
                for no key update;
                v_now := clock_timestamp();
                perform inventory._expire_holds(
                    array(
                        select h.hold_id
                        from inventory.inventory_stock as s
                        join inventory.stock_holds as h on h.store_id = s.store_id and h.product_id = s.product_id
                        where s.product_id = v_product.product_id and h.state = 'held' and h.expires_at <= v_now
                    ),
                    v_operation.actor, v_operation.correlation_id
                );
                select h.* into v_plan from inventory._plan_product_release(v_operation, v_product.product_id, v_product.sku) as h;
                exit when delete_product.reservations = 'refuse' or v_plan.hold_ids is null or v_plan.reservation_ids <@ v_reservation_ids;
                raise exception 'again' using errcode = 'SDREF';
            exception when sqlstate 'SDREF' then
                if v_try = 100 then
                    raise exception 'orders keep reserving %', v_product.sku
                        using errcode = 'serialization_failure', hint = 'Try again.';
                end if;
            end;
        end loop;
        if v_plan.hold_ids is not null then
            if delete_product.reservations = 'refuse' then
                v_errors := jsonb_build_array(jsonb_build_object(
                    'code', 'reservations_open',
                    'message', format('Orders have %s %s of %s reserved', v_plan.units, v_product.base_unit, v_product.sku),
                    'detail', format('%s of them.', jsonb_array_length(v_plan.orders)),
                    'hint', 'Wait for them, or pass reservations => ''release'' to give back what they hold.',
                    'sku', v_product.sku, 'unit', v_product.base_unit, 'units', v_plan.units,
                    'orders', jsonb_path_query_array(v_plan.orders, '$[0 to 99]')
                ));
                raise exception 'refused' using errcode = 'SDREF';
            end if;
            update inventory.stock_holds as h set state = 'released', is_settled = true, changed_at = clock_timestamp()
            where h.hold_id = any (v_plan.hold_ids) and h.state = 'held';
            select a.movements into v_movements
            from inventory._apply_changes(v_operation, v_plan.changes, v_plan.operations, v_plan.numbers) as a;
        end if;
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    if v_product.active then
        v_before := inventory._speak_for(v_operation.actor, v_operation.correlation_id);
        update inventory.products as p set active = false where p.product_id = v_product.product_id;
        -- The row is still there, so its trigger tells of a changed field; who follows products is told that it is deleted.
        insert into inventory.inventory_event (type, product_id, vendor_id, category_id, actor, correlation_id)
        values (
            'product_deleted', v_product.product_id, v_product.vendor_id, v_product.category_id, v_operation.actor,
            v_operation.correlation_id
        );
        perform inventory._speak_for(v_before.actor, v_before.correlation_id);
    end if;
    return inventory._finish_operation(v_operation, v_movements, null, jsonb_build_object(
        'deleted', v_product.active, 'orders', coalesce(v_plan.orders, '[]'), 'product', inventory._product_json(v_product.product_id)
    ));
end
$$;

comment on function inventory.delete_product(text, text, text, text, timestamptz, text, text, text) is
    'Deletes a product for readers; stock and history stay. Refused while orders hold some of it, or releases that, as asked.';
