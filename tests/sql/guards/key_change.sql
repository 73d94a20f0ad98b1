-- A row whose key changes is two movements, and none of its own.
-- missed by: pgtap/10_stock_plain_sql.sql
drop trigger before_20_key_change on inventory.inventory_stock;
