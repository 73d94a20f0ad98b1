-- Removes the recipe of a product: from then on it is sold from its own stock.
--   sku  the product
-- Returns whether there was one. Raises SD006 for an unknown sku. Writes: recipes, recipe_ingredients. Locks: the recipe.
create or replace function inventory.remove_recipe(sku text) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_product_id bigint := inventory._product_id(remove_recipe.sku);
begin
    delete from inventory.recipes as r where r.product_id = v_product_id;
    return found;
end
$$;

comment on function inventory.remove_recipe(text) is 'Removes the recipe of a product. Changes no history.';
