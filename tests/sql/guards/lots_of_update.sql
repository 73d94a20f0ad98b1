-- UPDATE moves lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_update', 'not n.keeps_lots or', 'true or');
