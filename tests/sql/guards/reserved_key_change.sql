-- What is reserved of a stock row does not wander to another one.
-- missed by: pgtap/10_stock_plain_sql.sql
select guard.edit('inventory.inventory_stock_after_key_change', 'if old.reserved <> 0', 'if false');
