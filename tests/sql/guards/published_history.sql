-- History that is published is not let go: subscribers would be told half of it.
-- missed by: pgtap/31_ledger_months.sql
select guard.edit('inventory._check_not_published', 'if v_publication is not null', 'if false');
