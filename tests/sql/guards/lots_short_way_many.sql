-- Nor does the short way of many lines.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._move_plain', ' and not f.keeps_lots', '');
