-- A stock row that is made at nothing has a movement, or nobody would be told of it.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._changes_to_balances', 'd.numerator <> 0 or d.is_made', 'd.numerator <> 0');
