-- What was returned of a sale is not returned again.
-- missed by: pgtap/70_operations.sql
-- missed by: engine/test_two_returns
select guard.edit('inventory._match_returns', 'sum(r.numerator * div(p.size, r.denominator))', '0');
