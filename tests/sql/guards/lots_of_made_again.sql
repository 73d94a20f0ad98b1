-- A stock row that is inserted knows whether its product keeps lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_insert', 'where (k.version > 1 or o.product_id is not null)', 'where k.version > 1');
