-- So does that of a batch.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._deduct_plain', 'inventory._may_use(t.store_id)', 'true');
