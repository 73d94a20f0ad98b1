-- The sweeper has a stock row before it changes it.
-- missed by: engine/test_t9_a_payment_and_the_expiry
-- missed by: engine/test_t10_sweepers_at_once
select guard.edit('inventory.expire_reservations', 'for no key update of s skip locked', '');
