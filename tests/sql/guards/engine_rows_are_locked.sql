-- Stock rows are locked before an operation of several lines looks at them.
-- missed by: engine/test_t1
-- missed by: engine/test_remainders
select guard.edit(
    'inventory._lock_changed_rows', 'inventory._lock_stock_rows(v_keys)',
    'inventory._lock_stock_rows(inventory._missing_stock_rows(v_keys))'
);
