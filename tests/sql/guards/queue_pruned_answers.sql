-- A deduction whose answer was pruned is compared by its document.
-- missed by: pgtap/80_offline_queue.sql
select guard.edit('inventory._is_same_sale', '(d.product_id, d.numerator, d.denominator) is distinct from (l.product_id, l.numerator, l.denominator)', 'false');
