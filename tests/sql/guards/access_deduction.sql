-- A transaction id finds no deduction of another store.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._store_of_deduction', 'inventory._may_use(d.store_id)', 'true');
