-- A reserve gives back what it does not name.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._plan_hold', 'filter (where p.need <> p.own)', 'filter (where p.need <> p.own and p.line is not null)');
