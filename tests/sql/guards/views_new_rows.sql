-- A row that is made and crosses between two folds crosses all the same.
-- missed by: views/test_a_row_that_is_made_low
select guard.edit('inventory.fold_views', 'when not c.is_shadowed then c.lowest <= c.threshold and c.highest > c.threshold', 'when not c.is_shadowed then false');
