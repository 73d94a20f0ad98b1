-- Changes of a threshold take their place among the movements.
-- missed by: views/test_thresholds_cross_too
select guard.edit('inventory._stock_states', 'order by 2, 5', 'order by 5');
