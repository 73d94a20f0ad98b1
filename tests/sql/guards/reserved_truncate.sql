-- What is reserved of any stock row is not lost with all of them.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_before_truncate', 'where s.reserved <> 0', 'where false');
