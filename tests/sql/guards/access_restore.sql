-- A restore makes store_access true for tables.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory.finish_restore', 'perform inventory._isolate_stores();', '');
