-- The last unit takes the residue: costs are differences of running sums.
-- missed by: pgtap/77_lots.sql
-- missed by: engine/test_lots_equal
select guard.edit('inventory._take_lots', 'inventory._cost_share(v_lot.value, v_lot.taken + v_part, v_lot.quantity)', 'v_lot.taken_value + round(v_part * v_lot.value / v_lot.quantity, 6)');
