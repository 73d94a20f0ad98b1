-- A product without ingredients and without stock of its own is not sold.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._deduction_parts', 'then s.product_id else', 'then l.product_id else');
