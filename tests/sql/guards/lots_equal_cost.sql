-- Only lots at the same cost become one.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory._put_lot', 'and v_lot.value * in_quantity = v_value * v_lot.quantity', '');
