-- nor when the row still says how reserved changed the last time,
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'and new.reserved_delta operator(pg_catalog.=) 0', '');
