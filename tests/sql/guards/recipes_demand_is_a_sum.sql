-- What several lines and recipes take of a stock row is one demand.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._demand_of_parts', 'sum(p.numerator * div', 'max(p.numerator * div');
