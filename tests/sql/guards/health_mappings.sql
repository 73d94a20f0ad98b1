-- A missing mapping that somebody wanted is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_mappings', 'case when v_refusals > 0 then', 'case when false then');
