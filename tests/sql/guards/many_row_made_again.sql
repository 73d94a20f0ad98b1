-- A stock row that a batch makes again, after it was deleted, is none until it moves.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._deduct_batch', 'version > case when d.is_new then d.version else 0 end', 'version > 0');
