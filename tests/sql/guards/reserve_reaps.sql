-- A reserve that is short lets holds expire whose time is over.
-- missed by: pgtap/75_reservations.sql
-- missed by: engine/test_t1_the_last_units_that_expired
select guard.edit('inventory.reserve_stock', 'if inventory._reap_products(v_operation, v_plan.short_product_ids) = 0 then', 'if true then');
