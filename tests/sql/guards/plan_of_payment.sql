-- A payment looks at the holds of its order, whatever the statistics say.
-- missed by: pgtap/40_plans.sql
select guard.edit('inventory._pay_one', 'where h.hold_id = (', 'where h.hold_id in (');
