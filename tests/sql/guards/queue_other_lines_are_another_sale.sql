-- Other lines under the same transaction id are somebody's to decide.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._is_same_sale', 'f.field like ''lines%''', 'false');
