-- Two that fold at once would count the same change twice, or wait for each other.
-- missed by: views/test_only_one_folds
select guard.edit('inventory.fold_views', ' for update skip locked', '');
