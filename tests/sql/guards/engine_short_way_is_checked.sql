-- The short way changes a row only when enough is available.
-- missed by: pgtap/70_operations.sql
select guard.edit('inventory._move_one', '(s.available + v_delta >= 0 or s.allow_negative)', 'true');
