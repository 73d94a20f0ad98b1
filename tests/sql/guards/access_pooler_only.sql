-- The setting counts for a pooler's login only.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._own_stores', 'if v_speaks_for_others then', 'if current_setting(''inventory.login'', true) <> '''' then');
select guard.edit('inventory._own_stores', 'if v_stores is null then', 'if v_stores is null and coalesce(current_setting(''inventory.login'', true), '''') = '''' then');
