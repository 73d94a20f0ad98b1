-- The last units are those of the first sale, not of the first upload.
-- missed by: pgtap/80_offline_queue.sql
-- missed by: engine/test_uploads_in_any_order
select guard.edit('inventory.sync_all_pending', 'window sold as (order by q.occurred_at, q.device, q.device_sequence, q.queue_id)', 'window sold as (order by q.queue_id)');
