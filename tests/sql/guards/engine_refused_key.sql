-- A refused request uses no key up.
-- missed by: pgtap/71_idempotency.sql
-- missed by: engine/test_t7_a_duplicate_of_a_refused
select guard.edit('inventory._refuse', 'perform inventory._unclaim(in_operation);', '');
