-- A stock row that an operation made and did not move does not stay.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.add_lot_cost', 'perform inventory._drop_unmoved_stock_rows(v_made);', '');
