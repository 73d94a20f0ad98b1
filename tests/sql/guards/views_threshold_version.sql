-- A changed threshold takes its place by the version of the row, not by its time.
-- missed by: views/test_a_threshold_keeps_its_place
select guard.edit('inventory.fold_views', 't.stock_version, 1', 'null::bigint, 1');
