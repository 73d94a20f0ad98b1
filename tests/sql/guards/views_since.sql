-- Since when it is low is since the last fall.
-- missed by: views/test_since_is_the_last_fall
select guard.edit('inventory.fold_views', 'case when k.has_fallen then k.since else f.since end', 'f.since');
