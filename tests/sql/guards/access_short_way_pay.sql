-- So does that of a payment.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._pay_one', 'inventory._may_use(t.store_id)', 'true');
