-- What comes back goes before what came later.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._put_lot', 'coalesce(in_age, n.id)', 'n.id');
