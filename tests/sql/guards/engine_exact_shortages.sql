-- What is short is said with its fraction.
-- missed by: pgtap/72_units.sql
select guard.edit('inventory._apply_changes', 'errors is not null and v_is_fine', 'false');
