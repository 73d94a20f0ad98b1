-- What was let go before it was folded is found by comparing everything.
-- missed by: views/test_feed_rows_that_were_let_go
select guard.edit('inventory._fold_obstacle', 'if inventory._is_released(', 'if false and inventory._is_released(');
