-- The doorbell lock is the transaction's: it goes when the row is visible or gone, not before and not after.
-- missed by: isolation/doorbell
select guard.edit('inventory.inventory_stock_after_update', 'pg_try_advisory_xact_lock_shared', 'pg_try_advisory_lock_shared');
