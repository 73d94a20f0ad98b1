-- A paid order takes what it holds.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_reduction', 'greatest((p.available + p.own) * p.size', 'greatest(p.available * p.size');
