-- A repair says what each lot has left.
-- missed by: pgtap/86_verify.sql
select guard.edit('inventory._repair_lots', 'from inventory._wrong_lots(in_store_id, in_product_id) as w', 'from inventory._wrong_lots(in_store_id, in_product_id) as w where false');
