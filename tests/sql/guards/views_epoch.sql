-- A position of another epoch says nothing of this one's rows.
-- missed by: views/test_a_lost_position_is_made_good
select guard.edit('inventory._fold_obstacle', 'if in_state.epoch is distinct from in_epoch.epoch then', 'if false then');
