-- Nor by the short way of one line.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._move_one', 'if in_transaction_id is not null and inventory', 'if in_kind = ''deduction'' and inventory');
