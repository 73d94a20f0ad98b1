-- Every operation finds its store where the login is asked about.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._store_id', 'if v_is_listed and not inventory._may_use(v_store_id) then', 'if false then');
