-- Changes fields of a product; those that are left out stay.
--   sku              the product
--   changes          {sku, name, description, vendor, category, base_price, availability, base_unit, pieces_per_pack, packs_per_box,
--                    low_stock_threshold, allow_negative, active}; null takes a value away; active only as true, which takes a deleted
--                    product back
--   actor            who, 200 characters; left out: set local inventory.actor, else the login
--   idempotency_key  names this request; the same again is answered and not done again
--   correlation_id   ties together what one request did; not compared between requests with the same key
-- Returns the answer: success, errors, replayed, product, changed (names of the fields that are other than before), ticket.
-- A refusal changes nothing: sku_exists, or base_unit_in_use when quantities of the product were recorded in its base unit.
-- Thresholds and policies are defaults of new stock rows; those that are there keep theirs.
-- Raises 22... for wrong arguments, SD006 for an unknown sku, vendor or category, 40001 when another transaction was first.
-- Reads: vendors, categories, inventory_stock, stock_version_kept, conversion_mappings, units. Writes: inventory_deduction_idempotency,
-- products, inventory_event, operation_refusals. Locks: the idempotency key, then the product.
create or replace function inventory.update_product(
    sku text, changes jsonb, actor text default null, idempotency_key text default null, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_operation inventory.operation;
    v_old inventory.products;
    v_new inventory.products;
    v_before record;
    v_errors jsonb;
begin
    v_operation := inventory._begin_operation(
        'update_product', null, jsonb_build_object('sku', update_product.sku, 'changes', update_product.changes), null,
        update_product.actor, null, update_product.idempotency_key, update_product.correlation_id, null, null, false
    );
    if v_operation.replay is not null then
        return v_operation.replay;
    end if;
    begin
        select p.* into v_old from inventory.products as p where p.product_id = inventory._product_id(update_product.sku) for no key update;
        v_new := inventory._read_product(v_old, update_product.changes);
        if v_old.active and not v_new.active then
            raise exception 'a product is deleted by delete_product()' using errcode = 'invalid_parameter_value';
        end if;
        if v_new.base_unit <> v_old.base_unit and inventory._is_counted(v_old.product_id) then
            v_errors := jsonb_build_array(jsonb_build_object(
                'code', 'base_unit_in_use',
                'message', format('Quantities of %s are recorded in %s', v_old.sku, v_old.base_unit),
                'detail', 'Another base unit would give them another meaning.',
                'hint', 'Make another product, or name units of this one by set_unit().', 'sku', v_old.sku, 'unit', v_old.base_unit
            ));
            raise exception 'refused' using errcode = 'SDREF';
        end if;
        if v_new is distinct from v_old then
            v_before := inventory._speak_for(v_operation.actor, v_operation.correlation_id);
            begin
                update inventory.products as p set
                    sku = v_new.sku, name = v_new.name, description = v_new.description, vendor_id = v_new.vendor_id,
                    category_id = v_new.category_id, base_price = v_new.base_price, availability = v_new.availability,
                    base_unit = v_new.base_unit, pieces_per_pack = v_new.pieces_per_pack, packs_per_box = v_new.packs_per_box,
                    low_stock_threshold = v_new.low_stock_threshold, allow_negative = v_new.allow_negative, active = v_new.active
                where p.product_id = v_old.product_id;
            exception when unique_violation then
                v_errors := inventory._sku_exists(v_new.sku);
            end;
            if v_errors is not null then
                raise exception 'refused' using errcode = 'SDREF';
            end if;
            perform inventory._speak_for(v_before.actor, v_before.correlation_id);
        end if;
    exception when sqlstate 'SDREF' then
        return inventory._refuse(v_operation, v_errors);
    end;
    return inventory._finish_operation(v_operation, null, null, jsonb_build_object(
        'product', inventory._product_json(v_old.product_id),
        'changed', (
            select coalesce(jsonb_agg(c.field order by c.field), '[]')
            from (
                select replace(n.key, '_id', '') as field
                from jsonb_each(to_jsonb(v_new)) as n
                where n.value <> to_jsonb(v_old) -> n.key
            ) as c
        )
    ));
end
$$;

comment on function inventory.update_product(text, jsonb, text, text, text) is
    'Changes fields of a product; those that are left out stay. Takes a deleted one back with {"active": true}.';
