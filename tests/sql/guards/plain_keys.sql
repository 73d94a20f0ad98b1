-- It is for transaction ids that were not used.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._move_plain', 'if v_count <> cardinality(in_stores) then', 'if false then');
