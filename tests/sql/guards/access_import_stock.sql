-- So has one of stock.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._import_stock', 'not inventory._may_use(i.store_id)', 'false');
