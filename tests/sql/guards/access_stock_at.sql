-- stock_at() of all stores is of those that the login may use.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory.stock_at', '(v_own is null or s.store_id = any (v_own))', 'true');
