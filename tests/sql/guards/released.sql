-- A position that still needed what was let go is an error.
-- missed by: pgtap/31_ledger_months.sql
select guard.edit('inventory._check_not_released', 'if v_released = ''0'' or not', 'if true or not');
