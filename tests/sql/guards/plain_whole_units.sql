-- and no fraction,
-- missed by: engine/test_a_plain_batch
select guard.edit('inventory._move_plain', ' and l.quantity = trunc(l.quantity)', '');
