-- A policy of every table: here of stock rows.
-- missed by: pgtap/88_store_access.sql
drop policy own_stores on inventory.inventory_stock;
create policy own_stores on inventory.inventory_stock using (true);
