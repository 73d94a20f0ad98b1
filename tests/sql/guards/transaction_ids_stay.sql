-- A transaction id counts for ever, whatever it was of.
-- missed by: pgtap/71_idempotency.sql
-- missed by: pgtap/81_changed_meanings.sql
select guard.edit('inventory.prune_idempotency_keys', 'o.scope = ''transaction'' and not exists', 'false and not exists');
