-- What is of two stores is critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_stores', 'when v_foreign > 0 then', 'when false then');
