-- The bell in the row: no way of writing a feed row forgets it.
-- missed by: isolation/doorbell
alter table inventory.stock_ledger alter rung set default true;
alter table inventory.inventory_event alter rung set default true;
select guard.edit('inventory.inventory_stock_after_settings', '''stock_settings_changed''', '''stock_settings_changed''');
