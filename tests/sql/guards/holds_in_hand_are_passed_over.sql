-- Nobody waits for a hold that is being prolonged.
-- missed by: engine/test_t12_the_sweeper_and_others_pass_over
select guard.edit('inventory._expire_holds', 'for no key update skip locked', 'for no key update');
