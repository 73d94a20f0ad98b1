-- Low stock is judged by what each transaction left, not by what it went through.
-- missed by: views/test_what_rolls_back_or_a_transaction_takes_back
select guard.edit('inventory.fold_views', '                    where t.is_last', '                    where true');
