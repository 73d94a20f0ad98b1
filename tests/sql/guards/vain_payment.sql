-- Nor by a payment that finds nothing.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.process_order_stock_reduction', 'perform inventory._drop_unmoved_stock_rows(v_made);', '');
