-- Nor by giving back what has expired.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.unreserve_stock', 'if cardinality(v_made) > 0 then', 'if false then');
