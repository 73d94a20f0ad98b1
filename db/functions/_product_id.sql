-- The key of a product.
--   in_sku  the product's sku
-- Raises 22004 for null, SD006 for a product that does not exist. Reads: products.
create or replace function inventory._product_id(in_sku text) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_product_id bigint;
begin
    select p.product_id into v_product_id from inventory.products as p where p.sku = in_sku;
    if found then
        return v_product_id;
    end if;
    if in_sku is null then
        raise exception 'no product is given' using errcode = 'null_value_not_allowed', hint = 'Give its sku.';
    end if;
    raise exception 'no product has the sku "%"', left(in_sku, 200)
        using errcode = 'SD006', hint = 'Skus are case-sensitive: select sku from inventory.products.';
end
$$;

comment on function inventory._product_id(text) is 'The key of the product with this sku.';
