-- Another sale under the same id is no second upload.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.queue_transaction', 'if v_row.request <> v_operation.request then', 'if false then');
