-- and in a plain batch.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._move_plain', '(select count(*) from deductions) as count', 'count(*) as count');
