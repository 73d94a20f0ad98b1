-- A batch decides when nobody else can change its stock rows.
-- missed by: engine/test_t1_batches
select guard.edit('inventory._demand_of_requests', 'inventory._lock_stock_rows(v_keys)', 'inventory._missing_stock_rows(v_keys)');
