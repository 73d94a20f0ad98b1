-- A policy waits for whoever makes a stock row, and they for it.
-- missed by: engine/test_a_policy_waits
select guard.edit('inventory.set_lot_policy', 'lock table inventory.inventory_stock in exclusive mode;', '');
