-- Who was in progress at the last fold is read when it has ended.
-- missed by: views/test_a_fold_between_a_transactions_statements
select guard.edit('inventory._unfolded', 'where (m.xid >= v_xmax or m.xid = any (v_xip)) and m.movement_id', 'where m.xid >= v_xmax and m.movement_id');
