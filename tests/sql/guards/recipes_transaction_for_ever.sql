-- A transaction id counts once, also when its key was pruned.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._write_deduction', 'if not found then', 'if false then');
