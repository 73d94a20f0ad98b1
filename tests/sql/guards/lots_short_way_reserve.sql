-- Nor that of reservations.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._reserve_one', 'and not s.keeps_lots', '');
