-- A reader's own uncommitted changes count for it.
-- missed by: views/test_a_fold_between_a_transactions_statements
select guard.edit('inventory._unfolded', 'where (m.xid >= v_xmax or m.xid = any (v_xip)) and m.movement_id', 'where (m.xid >= v_xmax or m.xid = any (v_xip)) and pg_visible_in_snapshot(m.xid, pg_current_snapshot()) and m.movement_id');
