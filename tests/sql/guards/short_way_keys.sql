-- nor with a key,
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_update', 'and new.store_id operator(pg_catalog.=) old.store_id and new.product_id operator(pg_catalog.=) old.product_id', '');
