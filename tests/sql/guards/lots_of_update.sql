-- UPDATE moves lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_update', 'when n.keeps_lots then', 'when false then');
