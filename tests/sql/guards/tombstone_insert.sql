-- The version that is kept over a deletion, when a row is inserted again.
-- missed by: pgtap/10_stock_plain_sql.sql
-- missed by: isolation/delete_and_insert
select guard.edit('inventory.inventory_stock_after_insert', 'set version = k.version + 1', 'set version = 1');
