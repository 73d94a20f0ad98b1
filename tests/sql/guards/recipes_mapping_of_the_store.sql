-- A mapping of another store is none.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._deduction_parts', 'm.store_id = l.store_id and', '');
