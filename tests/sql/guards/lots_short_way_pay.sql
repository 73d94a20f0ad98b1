-- Nor that of payments.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._pay_one', ' and not s.keeps_lots', '');
