-- What has no stock row is said to be missing, also when something else of the request is to be taken from it.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._deduct_batch', 'version > case when d.is_new then d.version else 0 end', 'version > case when d.is_new then d.version else -1 end');
