-- set_stock() compares quantities, exactly.
-- missed by: pgtap/70_operations.sql
-- missed by: pgtap/72_units.sql
select guard.edit('inventory._changes_to_balances', '<> (s.on_hand * r.denominator + r.numerator) * l.unit_denominator', '<> l.expected_quantity * l.unit_numerator * r.denominator');
