-- So does that of a reservation.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._reserve_one', 'inventory._may_use(t.store_id)', 'true');
