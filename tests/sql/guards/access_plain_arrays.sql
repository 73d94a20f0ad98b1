-- So does that of a batch as arrays.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory.deduct_inventory_many(text, text[], text[], numeric[], text, text, timestamptz, text, text)'::regprocedure, 'inventory._may_use(t.store_id)', 'true');
