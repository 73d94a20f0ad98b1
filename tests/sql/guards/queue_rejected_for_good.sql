-- What was rejected is not deducted by the till's late try.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.reject_transaction', 'v_operation.transaction_id := v_row.transaction_id;', '');
select guard.edit('inventory.reject_transaction', 'if not (', 'if false and not (');
