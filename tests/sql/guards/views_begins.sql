-- A row that is made crosses nothing.
-- missed by: views/test_random_transactions_tell_what_the_rule_says
select guard.edit('inventory.fold_views', 'where not s.is_begin and s.is_low', 'where s.is_low');
