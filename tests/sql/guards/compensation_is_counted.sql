-- What was given back is not given back again.
-- missed by: pgtap/76_recipes.sql
-- missed by: engine/test_compensations_by_quantity
select guard.edit('inventory._match_compensation', 'coalesce(g.numerator, 0) * d.denominator', '0');
