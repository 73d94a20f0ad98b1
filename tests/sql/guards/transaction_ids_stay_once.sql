-- What stays is not gone through again and again.
-- missed by: pgtap/71_idempotency.sql
select guard.edit('inventory.prune_idempotency_keys', 'set created_at = ''infinity''', 'set created_at = i.created_at');
