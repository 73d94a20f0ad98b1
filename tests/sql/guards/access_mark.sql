-- A listed login gets the mark that the policies look for.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._isolate_stores', 'execute format(''grant select', 'perform format(''grant select');
