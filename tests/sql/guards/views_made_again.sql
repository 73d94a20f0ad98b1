-- A low row that is deleted and made again was not low in between.
-- missed by: views/test_a_low_row_that_is_deleted_and_made_again
select guard.edit('inventory.fold_views', 'when c.lowest <= 0 then exists (', 'when false then exists (');
