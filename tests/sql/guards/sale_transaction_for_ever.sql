-- The transaction id of a deduction is not free for a sale when its key was pruned.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._claim', 'and inventory._is_deducted(in_operation.store_id, in_operation.transaction_id)', 'and false');
