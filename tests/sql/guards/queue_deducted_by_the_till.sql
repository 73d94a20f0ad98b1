-- A sale that its till deducted itself is done.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._is_same_sale', 'f.field like ''lines%''', 'true');
