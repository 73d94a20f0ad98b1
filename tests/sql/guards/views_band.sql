-- Within the hysteresis a row stays as what it went through last left it, not as it was folded.
-- missed by: views/test_random_transactions_tell_what_the_rule_says
select guard.edit('inventory.fold_views', 'coalesce(s.is_low, k.was_alerted) else', 'k.is_alerted else');
