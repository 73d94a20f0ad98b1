-- From a fifth on refusals are critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_success', 'v_rate >= 20', 'false');
