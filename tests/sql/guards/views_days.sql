-- Sales of several days in one batch go to their days.
-- missed by: views/test_sales_are_counted_by_the_day
select guard.edit('inventory.fold_views', 'c.sold is not null and c.sold_first_day <> c.sold_day as is_spread', 'false as is_spread');
