-- Sales that the rebuild's snapshot does not see are counted by the next fold.
-- missed by: views/test_a_commit_that_lands_during_a_rebuild
select guard.edit('inventory._count_sales', '                and (l.movement_id <= in_floor or pg_visible_in_snapshot(l.xid, in_snapshot))', '');
