-- A row that might not go below zero when a sale was queued is not taken there.
-- missed by: pgtap/80_offline_queue.sql
-- missed by: engine/test_uploads_in_any_order
select guard.edit('inventory._against_policy', 'q.policy -> (m.value ->> ''sku'') is distinct from ''true''', 'false');
