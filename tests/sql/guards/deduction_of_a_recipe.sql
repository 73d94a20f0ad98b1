-- The short way takes no product that has a recipe.
-- missed by: pgtap/74_short_way.sql
select guard.edit('inventory._move_one', 'r.product_id = v_found.product_id', 'false');
