-- A compensation that is not logged is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_compensations', 'when v_unlogged > 0 then', 'when false then');
