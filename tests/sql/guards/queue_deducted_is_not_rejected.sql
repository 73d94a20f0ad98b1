-- What was deducted under the id is not rejected, also when its key was pruned.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.reject_transaction', 'inventory._document_of_queued(v_row.queue_id) is not null', 'false');
