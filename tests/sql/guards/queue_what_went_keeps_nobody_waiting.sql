-- A transaction whose product is gone does not fail the others.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.sync_all_pending', 'when data_exception or sqlstate ''SD006'' then', 'when sqlstate ''SD0XX'' then');
