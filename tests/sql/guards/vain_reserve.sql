-- Nor by an order that wants something else now.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.reserve_stock', 'perform inventory._drop_unmoved_stock_rows(v_made);', '');
