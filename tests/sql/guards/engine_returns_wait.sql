-- Two returns of one sale wait for each other, by the stock row.
-- missed by: engine/test_two_returns
select guard.edit(
    'inventory.return_sale',
    'perform inventory._lock_changed_rows(inventory._changes_of_lines(v_operation, ''return'', 1, v_lines));', ''
);
