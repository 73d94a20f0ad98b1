-- An order's holds whose time is over are expired, whether the sweeper came by or not.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._lock_held_rows', 'if cardinality(v_due) > 0 then', 'if false then');
