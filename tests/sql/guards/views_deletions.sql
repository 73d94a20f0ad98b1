-- A deletion is the end of a row, not a fall to zero.
-- missed by: views/test_ends_of_a_row_are_told
select guard.edit('inventory.fold_views', 'm.version = e.version - k.is_there::integer as is_end', 'false as is_end');
