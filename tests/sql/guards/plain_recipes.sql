-- A product that has a recipe is deducted by it.
-- missed by: engine/test_plain_lines
-- missed by: engine/test_a_plain_batch
select guard.edit('inventory._move_plain', 'in_kind = ''deduction'' and r.product_id = p.product_id', 'false');
