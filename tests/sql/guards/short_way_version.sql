-- It is not for a row that brings its version along,
-- missed by: pgtap/13_replica_role.sql
select guard.edit('inventory.inventory_stock_before_update', 'and new.version operator(pg_catalog.=) old.version', '');
