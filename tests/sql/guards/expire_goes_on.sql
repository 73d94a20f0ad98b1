-- A stock row that is passed over does not keep others waiting.
-- missed by: engine/test_t10_a_stock_row_in_somebodys
select guard.edit('inventory.expire_reservations', 'for v_round in 1..10 loop', 'for v_round in 1..1 loop');
