-- and no fraction.
-- missed by: engine/test_a_plain_batch
select guard.edit('inventory._move_plain', 'and u.quantity = trunc(u.quantity)', '');
