-- What was returned of a sale is not returned again.
-- missed by: pgtap/70_operations.sql
-- missed by: engine/test_two_returns
select guard.edit('inventory._open_quantity', 'select -r.numerator, r.denominator', 'select 0, r.denominator');
