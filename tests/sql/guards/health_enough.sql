-- A few deductions tell nothing.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_success', 'v_is_enough and v_rate >= 20', 'v_rate >= 20');
