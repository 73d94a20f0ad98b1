-- A stock row that a batch made and did not use is taken away again.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._finish_deductions', 'where d.is_new group', 'where false group');
