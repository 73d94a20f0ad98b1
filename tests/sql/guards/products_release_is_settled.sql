-- What is released with its product is not taken by a late payment.
-- missed by: pgtap/85_products.sql
select guard.edit('inventory.delete_product', 'is_settled = true', 'is_settled = false');
