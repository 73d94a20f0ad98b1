-- What is published below the ledger's own name is published.
-- missed by: pgtap/31_ledger_months.sql
select guard.edit('inventory._check_not_published', 'or starts_with(p.tablename, in_table || ''_'')', '');
