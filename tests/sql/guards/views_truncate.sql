-- A fold that waited for a TRUNCATE must not go on with the snapshot of before.
-- missed by: views/test_what_was_told_before_a_truncate
select guard.edit('inventory.fold_views', '    lock table inventory.inventory_stock in access share mode;', '');
