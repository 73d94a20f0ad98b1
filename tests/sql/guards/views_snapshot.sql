-- The position must be of the very statement that folds.
-- missed by: views/test_concurrent_sales_and_two_folders
select guard.edit('inventory.fold_views', '        snapshot = v_snapshot,', '        snapshot = pg_current_snapshot(),');
