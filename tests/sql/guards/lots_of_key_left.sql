-- A changed key takes units from one product's lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_key_change', 'if old.keeps_lots then', 'if false then');
