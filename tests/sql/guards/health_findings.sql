-- A finding that is open is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_versions', 'when v_open > 0 then', 'when false then');
