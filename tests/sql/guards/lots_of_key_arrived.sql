-- And puts them into another's.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_key_change', 'if v_keeps_lots then', 'if false then');
