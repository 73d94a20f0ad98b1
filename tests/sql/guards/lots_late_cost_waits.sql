-- A cost is added under the lock of the stock row.
-- missed by: engine/test_a_late_cost
select guard.edit('inventory.add_lot_cost', 'perform inventory._lock_stock_rows(', 'perform (');
