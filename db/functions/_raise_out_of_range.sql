-- Raises 22003 and says whose stock it is: PostgreSQL's own words name neither row nor figures.
create or replace function inventory._raise_out_of_range(
    in_store_id bigint, in_product_id bigint, in_on_hand bigint, in_reserved bigint, in_change numeric
) returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store text := (select s.code from inventory.stores as s where s.store_id = in_store_id);
    v_sku text := (select p.sku from inventory.products as p where p.product_id = in_product_id);
begin
    raise exception 'Stock of % in % would be out of range: On hand %, Reserved %, Change %',
        v_sku, v_store, in_on_hand, in_reserved, in_change
        using errcode = 'numeric_value_out_of_range',
        schema = 'inventory', table = 'inventory_stock',
        detail = 'On hand and available go from -9223372036854775808 to 9223372036854775807 base units, after each movement.';
end
$$;

comment on function inventory._raise_out_of_range(bigint, bigint, bigint, bigint, numeric) is
    'Refuses a change whose balance is no bigint: names sku, store and figures.';
