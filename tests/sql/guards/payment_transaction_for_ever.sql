-- Nor for a payment.
-- missed by: pgtap/76_recipes.sql
select guard.edit('inventory._pay_one', 'if in_transaction_id is not null and inventory', 'if false and inventory');
