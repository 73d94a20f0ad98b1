-- An approval that was refused may be tried again.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory.approve_transaction', 'perform inventory._unclaim(v_operation);', '');
