-- A deduction decides when nobody else can change its stock rows.
-- missed by: engine/test_t1_the_last_ingredients
-- missed by: engine/test_random_deductions
select guard.edit('inventory.deduct_inventory_atomic', 'perform inventory._lock_changed_rows(v_changes);', '');
