-- Nor by that of several lines.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._move_plain', 'if in_scope = ''transaction'' and in_kind', 'if false and in_kind');
