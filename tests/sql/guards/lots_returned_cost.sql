-- Parts of an entry come back at its cost together.
-- missed by: engine/test_lots_equal
select guard.edit('inventory._give_entry_back', 'inventory._cost_share(v_taken.value, v_taken.given + v_part, v_taken.quantity)
                - inventory._cost_share(v_taken.value, v_taken.given, v_taken.quantity)', 'inventory._cost_share(v_taken.value, v_part, v_taken.quantity)');
