-- Nor does the short way of batches.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._move_plain', ' and not s.keeps_lots', '');
