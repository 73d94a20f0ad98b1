-- A transaction id counts once in a batch too, also when its key was pruned.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._deduct_batch', 'v_errors is null and v_is_used[v_request]', 'false');
