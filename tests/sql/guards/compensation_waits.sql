-- A compensation looks at what is left when nobody else can give back of the same lines.
-- missed by: engine/test_two_compensations
-- missed by: engine/test_compensations_by_quantity
select guard.edit(
    'inventory.compensate_deduction',
    'v_made := inventory._lock_changed_rows(
            inventory._changes_of_demand(v_operation, ''compensation'', 1, inventory._demand_of_parts(v_taken))
        );',
    ''
);
