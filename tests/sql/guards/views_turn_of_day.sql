-- A new day is folded.
-- missed by: views/test_after_midnight
select guard.edit('inventory.fold_views', 'if not v_is_whole and v_state.turned_at is distinct', 'if false and v_state.turned_at is distinct');
