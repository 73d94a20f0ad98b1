-- A paid order takes no more than there is.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_reduction', 'case when p.allow_negative then p.amount', 'case when true then p.amount');
