-- What a client puts into version is overwritten.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'new.version := old.version operator(pg_catalog.+) 1', 'new.version := new.version operator(pg_catalog.+) 1');
