-- A sale of a day that is over counts for the rank of its row at once.
-- missed by: views/test_late_sales_count_for_the_rank
select guard.edit('inventory.fold_views', 'if v_late is not null then', 'if false then');
