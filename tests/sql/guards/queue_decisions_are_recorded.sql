-- Every decision is recorded.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._decide_queued', 'return v_row;', 'delete from inventory.offline_queue_decisions as d where d.queue_id = in_queue_id and d.decision <> ''queued''; return v_row;');
