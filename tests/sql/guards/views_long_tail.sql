-- When everything is compared, what the feed tells is not told besides.
-- missed by: views/test_a_long_tail
select guard.edit('inventory._unfolded', 'if in_whole is null or not v_has_position then', 'if not (in_whole and v_has_position) then');
