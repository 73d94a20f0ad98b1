-- The versions are the order of movements, whatever their times say.
-- missed by: views/test_the_order_is_that_of_the_versions
select guard.edit('inventory.fold_views', 'max(m.recorded_at) over (partition by k.store_id, k.product_id order by m.version) as recorded_at', 'm.recorded_at');
select guard.edit('inventory.fold_views', 'order by s.place, s.kind, s.recorded_at, s.seq', 'order by s.recorded_at, s.kind, s.seq');
