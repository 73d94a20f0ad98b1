-- A capture trigger that is missing is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_versions', 'when v_missing is not null then', 'when false then');
