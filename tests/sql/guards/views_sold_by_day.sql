-- What came back on a day counts against what was sold on it, wherever the two are kept.
-- missed by: views/test_what_came_back_on_the_same_day
select guard.edit('inventory.fold_analytics', 'group by e.store_id, e.product_id, e.day', 'group by e.store_id, e.product_id, e.day, e.sold');
