-- What is left of an opened unit is there to be taken.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._demand_stock', 'coalesce(r.numerator, 0) as', '0 as');
