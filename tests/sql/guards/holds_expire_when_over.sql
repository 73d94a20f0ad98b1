-- A hold whose time was prolonged does not expire.
-- missed by: pgtap/75_reservations.sql
-- missed by: engine/test_t12_the_sweeper_and_others_pass_over
-- missed by: engine/test_t12_no_hold_expires
-- Those who choose what is to expire look at it before they have the hold.
select guard.edit('inventory._expire_holds', 'and h.expires_at <= clock_timestamp()', '');
select guard.edit('inventory._expire_holds', 'for no key update skip locked', 'for no key update');
