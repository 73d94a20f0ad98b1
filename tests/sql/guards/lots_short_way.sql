-- The short way leaves products with lots to the long one.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._move_one', ' and not s.keeps_lots', '');
