-- A deletion is the end of a row, not a fall to zero.
-- missed by: views/test_ends_of_a_row_are_told
select guard.edit('inventory._stock_states', 'm.version = v_deleted_at as is_end', 'false as is_end');
