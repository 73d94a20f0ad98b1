-- A movement that follows one of the next month stays.
-- missed by: pgtap/31_ledger_months.sql
select guard.edit('inventory._write_openings', 'least(k.version, l.version - 1)', 'k.version');
