-- A cost is added under the lock of the stock row.
-- missed by: engine/test_a_late_cost
select guard.edit('inventory.add_lot_cost', 'v_made := inventory._lock_stock_rows(array[(v_lot.store_id, v_lot.product_id)::inventory.stock_key]);', '');
