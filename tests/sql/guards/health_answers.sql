-- Keys without an answer are critical.
-- missed by: pgtap/87_health.sql
select guard.edit('inventory._health_of_keys', 'when v_unanswered > 0 then', 'when false then');
