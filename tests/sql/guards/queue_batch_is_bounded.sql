-- A batch has 10 000 lines at most.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.sync_all_pending', 'where o.lines <= 10000', 'where true');
