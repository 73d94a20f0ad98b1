-- Stock rows are locked in one order.
-- missed by: isolation/lock_order
select guard.edit('inventory._lock_stock_rows', 'order by t.store_id, p.product_id', 'order by p.sku desc');
