-- and no fraction.
-- missed by: engine/test_a_plain_batch
select guard.edit('inventory._deduct_plain', 'and u.quantity = trunc(u.quantity)', '');
