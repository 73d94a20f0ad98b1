-- What is owed when a policy begins is no part of the last sale's cost.
-- missed by: pgtap/77_lots.sql
select guard.edit('inventory.set_lot_policy', '''opened'', -v_row.on_hand', '''taken'', -v_row.on_hand');
