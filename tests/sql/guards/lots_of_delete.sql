-- DELETE takes lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_delete', 'when o.keeps_lots then', 'when false then');
