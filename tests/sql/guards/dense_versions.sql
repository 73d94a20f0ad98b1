-- Version +1 with every movement.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'old.version operator(pg_catalog.+) 1', 'old.version operator(pg_catalog.+) 2');
