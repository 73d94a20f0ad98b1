-- What is activated and deactivated between two folds was counted in between.
-- missed by: views/test_random_transactions_tell_what_the_rule_says
select guard.edit('inventory.fold_views', 'when t.is_turned then true', 'when false then true');
