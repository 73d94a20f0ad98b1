-- nor one of an ingredient.
-- missed by: engine/test_plain_lines
select guard.edit('inventory._move_plain', 'l.quantity * i.numerator % (r.yields * i.denominator) = 0', 'true');
