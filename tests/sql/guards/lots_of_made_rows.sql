-- A stock row that a function makes knows whether its product keeps lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._lock_stock_rows', 'o.product_id is not null', 'false');
