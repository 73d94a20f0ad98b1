-- What is reserved of a stock row is not lost with it.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_after_delete', 'where o.reserved <> 0', 'where false');
