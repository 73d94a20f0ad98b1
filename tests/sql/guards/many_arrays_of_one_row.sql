-- Arrays of a batch are of one row.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory.deduct_inventory_many(text, text[], text[], numeric[], text, text, timestamptz, text, text)'::regprocedure, 'or array_dims(deduct_inventory_many.transaction_ids) <> format(''[1:%s]'', v_count)', '');
