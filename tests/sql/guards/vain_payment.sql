-- Nor by a payment that finds nothing.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.process_order_stock_reduction', 'if cardinality(v_made) > 0 then', 'if false then');
