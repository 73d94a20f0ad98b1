-- Nor that of payments.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._pay_one', 'and not (select s.keeps_lots', 'and null is distinct from (select s.keeps_lots');
select guard.edit('inventory._pay_one', ' and not s.keeps_lots', '');
