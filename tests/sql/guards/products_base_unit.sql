-- Another base unit does not give recorded quantities another meaning.
-- missed by: pgtap/85_products.sql
select guard.edit('inventory.update_product', 'and inventory._is_counted(v_old.product_id)', 'and false');
