-- TRUNCATE takes lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_before_truncate', 'when s.keeps_lots then', 'when false then');
