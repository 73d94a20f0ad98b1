-- The two keys of one operation are claimed in the order that batches have.
-- missed by: engine/test_single_calls_with_key_and_transaction_id
select guard.edit('inventory._claim', 'in_operation.name collate "C" < ''transaction''', 'in_operation.name collate "C" > ''transaction''');
