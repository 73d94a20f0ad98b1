-- Nor by giving back what has expired.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.unreserve_stock', 'perform inventory._drop_unmoved_stock_rows(v_made);', '');
