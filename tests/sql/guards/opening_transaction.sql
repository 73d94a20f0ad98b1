-- An opening balance has the transaction of the movement that it stands for, so that it is no news.
-- missed by: pgtap/31_ledger_months.sql
select guard.edit('inventory._write_openings', 'in_until, in_until, m.xid, true', 'in_until, in_until, pg_current_xact_id(), true');
