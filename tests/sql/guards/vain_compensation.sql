-- Nor by a compensation that gives nothing back.
-- missed by: pgtap/82_rows_made_in_vain.sql
select guard.edit('inventory.compensate_deduction', 'if cardinality(v_made) > 0 then', 'if false then');
