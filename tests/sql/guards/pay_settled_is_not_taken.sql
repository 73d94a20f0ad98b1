-- What was paid or given back is not taken again.
-- missed by: pgtap/75_reservations.sql
-- missed by: engine/test_t11_an_order_is_taken
select guard.edit('inventory._held_lines', 'and not o.is_settled', '');
