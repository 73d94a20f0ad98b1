-- Of each part as much as of its line, by the quantities of that day.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._parts_given', 't.denominator * l.denominator * l.unit_numerator * (l.expected_quantity * 1000000000)', 't.denominator * l.numerator * l.unit_denominator * 1000000000');
