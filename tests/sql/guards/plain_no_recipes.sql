-- It takes no product that has a recipe.
-- missed by: engine/test_a_plain_batch
select guard.edit('inventory._move_plain', 'and not exists (select from inventory.recipes as r where r.product_id = p.product_id)', '');
