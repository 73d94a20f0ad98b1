-- The sweeper waits for no stock row.
-- missed by: engine/test_two_sweepers
-- missed by: engine/test_the_sweeper_does_not_wait
select guard.edit('inventory.expire_reservations', 'for no key update of s skip locked', 'for no key update of s');
