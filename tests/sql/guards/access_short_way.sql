-- The short way asks whether a listed login may use the store.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._move_one', 'inventory._may_use(t.store_id)', 'true');
