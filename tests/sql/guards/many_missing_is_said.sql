-- What has no stock row is said to be missing, also when something else of the request is to be taken from it.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._deduct_batch', 'where d.sku = m.value ->> ''sku'' and v_left[d.slot].version > 0', 'where d.sku = m.value ->> ''sku'' and (not d.is_new or v_left[d.slot].version > 0)');
