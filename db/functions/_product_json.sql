-- A product as it stands in answers: its columns, vendor and category by code.
-- Reads: products, vendors, categories.
create or replace function inventory._product_json(in_product_id bigint) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'sku', p.sku, 'name', p.name, 'description', p.description, 'vendor', v.code, 'category', c.code, 'base_price', p.base_price,
        'availability', p.availability, 'base_unit', p.base_unit, 'pieces_per_pack', p.pieces_per_pack,
        'packs_per_box', p.packs_per_box, 'low_stock_threshold', p.low_stock_threshold, 'allow_negative', p.allow_negative,
        'active', p.active, 'created_at', p.created_at, 'updated_at', p.updated_at
    )
    from inventory.products as p
    left join inventory.vendors as v on v.vendor_id = p.vendor_id
    left join inventory.categories as c on c.category_id = p.category_id
    where p.product_id = in_product_id
$$;

comment on function inventory._product_json(bigint) is 'A product as it stands in answers.';
