-- Keys of the offline window are not pruned.
-- missed by: pgtap/71_idempotency.sql
select guard.edit('inventory.prune_idempotency_keys', 'where o.created_at < v_until', 'where true');
