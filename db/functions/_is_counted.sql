-- Whether anything was recorded in the base unit of a product: stock, its history, units, mappings of recipes.
-- Reads: inventory_stock, stock_version_kept, units, conversion_mappings, stock_document_lines never: a document has a stock row.
create or replace function inventory._is_counted(in_product_id bigint) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (select from inventory.inventory_stock as s where s.product_id = in_product_id)
        or exists (select from inventory.units as u where u.product_id = in_product_id)
        or exists (select from inventory.conversion_mappings as m where m.product_id = in_product_id)
        or exists (
            select from inventory.stores as t
            join inventory.stock_version_kept as k on k.store_id = t.store_id and k.product_id = in_product_id
        )
$$;

comment on function inventory._is_counted(bigint) is 'Whether anything was recorded in the base unit of a product.';
