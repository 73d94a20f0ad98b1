-- Prolonging looks at a hold when it has it.
-- missed by: engine/test_t12_prolonging_waits
select guard.edit('inventory.extend_reservation', E'order by h.hold_id\n    for no key update;', 'order by h.hold_id;');
