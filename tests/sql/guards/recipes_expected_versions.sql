-- A stock row of another version than expected is not taken.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._demand_errors', 'in_expected -> d.sku <> to_jsonb(d.version)', 'false');
