-- Makes a product.
--   product          {sku, name, description, vendor, category, base_price, availability, base_unit, pieces_per_pack, packs_per_box,
--                    low_stock_threshold, allow_negative}; sku is needed, name is the sku when left out; vendor and category are codes,
--                    base_price is per base unit, low_stock_threshold in base units
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, product, ticket; docs/reference/operations.md has its shape.
-- A refusal (sku_exists) changes nothing.
-- Raises 22... for wrong arguments, SD006 for an unknown vendor or category, 40001 when another transaction was first.
-- Reads: vendors, categories. Writes: inventory_deduction_idempotency, products, inventory_event (product_created), operation_refusals.
-- Locks: the idempotency key, then the new product.
create or replace function inventory.create_product(
    product jsonb, actor text default null, idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_product inventory.products;
    v_before record;
begin
    v_operation := inventory._begin_operation(
        'create_product', null, jsonb_build_object('product', create_product.product), null, create_product.actor, null,
        create_product.idempotency_key, create_product.correlation_id, null, null, false
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    v_product := inventory._read_product(null, create_product.product);
    if v_product.sku is null then
        raise exception 'a product needs a sku' using errcode = 'null_value_not_allowed', hint = 'Like {"sku": "MUG", "name": "Mug"}.';
    end if;
    v_before := inventory._speak_for(v_operation.actor, v_operation.correlation_id);
    insert into inventory.products as p (
        sku, name, description, vendor_id, category_id, base_price, availability, base_unit, pieces_per_pack, packs_per_box,
        low_stock_threshold, allow_negative
    )
    values (
        v_product.sku, coalesce(v_product.name, v_product.sku), v_product.description, v_product.vendor_id, v_product.category_id,
        v_product.base_price, coalesce(v_product.availability, 'available'), coalesce(v_product.base_unit, 'piece'),
        coalesce(v_product.pieces_per_pack, 1), coalesce(v_product.packs_per_box, 1), v_product.low_stock_threshold,
        v_product.allow_negative
    )
    on conflict (sku) do nothing
    returning p.product_id into v_product.product_id;
    perform inventory._speak_for(v_before.actor, v_before.correlation_id);
    if v_product.product_id is null then
        return inventory._refuse(v_operation, inventory._sku_exists(v_product.sku));
    end if;
    return inventory._finish_operation(
        v_operation, null, null, jsonb_build_object('product', inventory._product_json(v_product.product_id))
    );
end
$$;

comment on function inventory.create_product(jsonb, text, text, text) is
    'Makes a product: {sku, name, vendor, category, base_price, ...}. Refused when the sku is there already.';
