-- A rebuild tells the movements since the last fold, too.
-- missed by: views/test_a_rebuild_that_is_asked_for_swallows
select guard.edit('inventory._unfolded', '        if in_whole is null or not v_has_position then', '        if true then');
select guard.edit('inventory._unfolded', 'where t.is_told is null and', 'where');
