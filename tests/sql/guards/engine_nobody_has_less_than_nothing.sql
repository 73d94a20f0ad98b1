-- Of what others hold and what has expired nobody has less than nothing.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._insufficient', 'greatest(in_have, 0)', 'greatest(in_have, in_have)');
