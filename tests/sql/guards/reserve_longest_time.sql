-- No reservation is longer than the setting says.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._time_to_live', 'or in_ttl > v_longest', '');
