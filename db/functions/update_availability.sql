-- Says whether a product is offered. Says nothing about quantities, and changes none.
--   sku              the product
--   availability     available, out_of_stock, preorder or discontinued
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, changed (whether it was another before), product, ticket.
-- Raises 22... for wrong arguments, SD006 for an unknown sku, 40001 when another transaction was first.
-- Writes: inventory_deduction_idempotency, products, inventory_event (availability_changed). Locks: the idempotency key, then the product.
create or replace function inventory.update_availability(
    sku text, availability text, actor text default null, idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_product_id bigint;
    v_before record;
    v_is_changed boolean;
begin
    v_operation := inventory._begin_operation(
        'update_availability', null,
        jsonb_build_object('sku', update_availability.sku, 'availability', update_availability.availability), null,
        update_availability.actor, null, update_availability.idempotency_key, update_availability.correlation_id, null, null, false
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    perform inventory._check_availability(update_availability.availability, '');
    v_product_id := inventory._product_id(update_availability.sku);
    v_before := inventory._speak_for(v_operation.actor, v_operation.correlation_id);
    update inventory.products as p set availability = update_availability.availability
    where p.product_id = v_product_id and p.availability <> update_availability.availability;
    v_is_changed := found;
    perform inventory._speak_for(v_before.actor, v_before.correlation_id);
    return inventory._finish_operation(v_operation, null, null, jsonb_build_object(
        'changed', v_is_changed, 'product', inventory._product_json(v_product_id)
    ));
end
$$;

comment on function inventory.update_availability(text, text, text, text, text) is
    'Says whether a product is offered: available, out_of_stock, preorder or discontinued.';
