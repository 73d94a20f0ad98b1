-- A paid order takes what it holds.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_reduction', 'least(p.own, p.on_hand - p.expired) +', '');
