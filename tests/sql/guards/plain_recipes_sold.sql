-- What is sold is the product, also when it has a recipe.
-- missed by: engine/test_plain_lines
select guard.edit('inventory._move_plain', 'in_kind = ''deduction'' and r.product_id = p.product_id', 'r.product_id = p.product_id');
