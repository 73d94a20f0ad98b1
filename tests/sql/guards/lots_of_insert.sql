-- INSERT makes lots.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.inventory_stock_after_insert', 'case when o.product_id is not null then', 'case when false then');
