-- It does one thing to an order at a time.
-- missed by: engine/test_a_payment_waits_for_who_has_the_order
select guard.edit('inventory._pay_one', E'in_order\n    for no key update;', 'in_order;');
