-- A login that is held to some stores is told of no others' changes.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._unfolded', 'where t.is_told is null and (v_own is null or w.store_id = any (v_own))', 'where t.is_told is null');
