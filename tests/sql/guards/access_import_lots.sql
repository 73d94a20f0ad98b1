-- An import of lots locks rows of the login's stores only.
-- missed by: pgtap/88_store_access.sql
select guard.edit('inventory._import_lots', 'not inventory._may_use(i.store_id)', 'false');
