-- Stock rows are locked before an operation on an order looks at them.
-- missed by: engine/test_t1_the_last_units_are_reserved
-- Missing rows are made still.
select guard.edit(
    'inventory._lock_changed_rows', 'inventory._lock_stock_rows(v_keys)',
    'inventory._lock_stock_rows(inventory._missing_stock_rows(v_keys))'
);
