-- Changes of a threshold take their place among the movements.
-- missed by: views/test_thresholds_cross_too
select guard.edit('inventory.fold_views', 'order by s.place, s.kind, s.recorded_at, s.seq', 'order by s.kind, s.seq');
