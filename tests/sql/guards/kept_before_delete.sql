-- The version of a deleted row, kept before any movement of the same statement.
-- missed by: pgtap/15_one_statement.sql
select guard.edit('inventory.inventory_stock_before_delete', 'old.version + 1', '0');
