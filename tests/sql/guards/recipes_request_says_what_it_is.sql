-- A sale's transaction id is no deduction's.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory.deduct_inventory_atomic', '''operation'', ''deduct_inventory_atomic'', ''lines''', '''lines''');
