-- A writer that finds the relay parked rings.
-- missed by: isolation/doorbell
select guard.edit('inventory.inventory_stock_after_update', 'perform inventory.ring_doorbell();', 'null;');
