-- The numbers of a vendor are those of the login's stores.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory.get_vendor_inventory_stats', '(v_own is null or s.store_id = any (v_own))', 'true');
