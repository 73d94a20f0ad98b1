-- The error of a sku that another product has. Reads: products.
create or replace function inventory._sku_exists(in_sku text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_array(jsonb_build_object(
        'code', 'sku_exists', 'message', format('Product %s is there already', in_sku),
        'detail', case when p.active then 'A sku names one product.' else 'It was deleted, and its history is kept.' end,
        'hint', case when p.active then 'Use another sku, or update_product().' else 'update_product() with {"active": true} takes it back.' end,
        'sku', in_sku
    ))
    from (select coalesce((select o.active from inventory.products as o where o.sku = in_sku), true) as active) as p
$$;

comment on function inventory._sku_exists(text) is 'The error of a sku that another product has.';
