-- Nor by an order that wants something else now.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.reserve_stock', 'if cardinality(v_made) > 0 then', 'if false then');
