-- A pending transaction is synced by one of those who sync.
-- missed by: engine/test_syncs_at_once_share_the_work
select guard.edit('inventory.sync_all_pending', E'\n        for no key update skip locked', '');
