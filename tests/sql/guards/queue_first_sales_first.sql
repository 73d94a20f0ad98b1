-- A call that cannot sync all takes those that were sold first.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.sync_all_pending', E'order by q.occurred_at, q.device, q.device_sequence, q.queue_id\n        limit', E'order by q.queue_id desc\n        limit');
