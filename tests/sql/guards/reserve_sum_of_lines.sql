-- Lines of one product are looked at as their sum.
-- missed by: pgtap/75_reservations.sql
select guard.edit('inventory._lines_by_product', 'sum(p.numerator * div(p.size, p.denominator))', 'max(p.numerator * div(p.size, p.denominator))');
