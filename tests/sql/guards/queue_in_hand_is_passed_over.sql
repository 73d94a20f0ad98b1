-- Syncing waits for nobody who decides.
-- missed by: engine/test_syncing_passes_over
select guard.edit('inventory.sync_all_pending', 'for no key update skip locked', 'for no key update');
