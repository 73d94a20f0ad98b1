-- What all lines of a stock row come to must be available.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._apply_changes', 'm.step = 1 and not m.allow_negative', 'false');
