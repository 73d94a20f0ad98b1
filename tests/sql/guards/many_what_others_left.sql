-- A request of a batch has what the ones before it left.
-- missed by: engine/test_a_batch_is_the_same
select guard.edit('inventory._deduct_batch', 'v_left[v_row.slot] := inventory._take(v_left[v_row.slot], v_row.numerator, v_row.denominator);', '');
