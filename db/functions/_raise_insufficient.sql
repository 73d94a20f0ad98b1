-- Raises 23514 with the wording that people know; the CHECK behind it refuses whatever came past.
--   in_need     units asked for; in_have  units that were available before
create or replace function inventory._raise_insufficient(
    in_store_id bigint, in_product_id bigint, in_need numeric, in_have bigint
) returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Whoever writes plain SQL may call this, too, with any store's id.
    v_store text := (select s.code from inventory.stores as s where s.store_id = in_store_id and inventory._may_use(in_store_id));
    v_sku text := (select p.sku from inventory.products as p where p.product_id = in_product_id);
begin
    if in_need <= 0 then
        -- Nothing is taken: the row is below zero, and shall not be allowed to be.
        raise exception 'Stock of % in % is below zero: Available %', v_sku, v_store, in_have - in_need
            using errcode = 'check_violation',
            schema = 'inventory', table = 'inventory_stock', constraint = 'inventory_stock_available_ck',
            hint = 'Receive stock first; until then the row needs allow_negative.';
    end if;
    raise exception 'Insufficient stock of % in %: Need %, Have % (Short: %)',
        v_sku, v_store, in_need, in_have, in_need - in_have
        using errcode = 'check_violation',
        schema = 'inventory', table = 'inventory_stock', constraint = 'inventory_stock_available_ck',
        hint = 'Receive stock first, or set allow_negative for this row.';
end
$$;

comment on function inventory._raise_insufficient(bigint, bigint, numeric, bigint) is
    'Refuses a change that would oversell: names sku, store, need and have.';
