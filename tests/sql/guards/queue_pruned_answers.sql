-- A deduction whose answer was pruned is compared by its document.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._is_same_sale', '(d.product_id, d.quantity, d.unit) is distinct from (l.product_id, l.quantity, l.unit)', 'false');
