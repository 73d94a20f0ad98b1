-- A key is claimed before the operation, so that a second one waits.
-- missed by: engine/test_t7_concurrent_duplicates
-- missed by: pgtap/71_idempotency.sql
select guard.edit('inventory._begin_operation', 'return inventory._claim(v_operation);', 'return v_operation;');
