-- A cost that changes without a movement is told to the feed.
-- missed by: views/test_each_edit_is_folded
select guard.edit('inventory.add_lot_cost', '    perform inventory._write_cost_event(
        v_lot.store_id, v_lot.product_id, v_lot.remaining_value, v_lot.value + add_lot_cost.amount - v_taken_value, v_operation.actor
    );', '');
