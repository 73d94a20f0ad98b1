-- A row that a sale would not have taken from when it was queued is not taken below zero by syncing it.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._against_policy', 'is distinct from ''true''', '= ''false''');
