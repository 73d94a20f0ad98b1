-- Keys that are not unique are critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_keys', 'when not v_is_unique then', 'when false then');
