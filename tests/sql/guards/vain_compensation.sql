-- Nor by a compensation that gives nothing back.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.compensate_deduction', 'perform inventory._drop_unmoved_stock_rows(v_made);', '');
