-- Nor is history emptied below the ledger's own name.
-- missed by: pgtap/11_ledger_insert.sql
drop trigger before_00_no_truncate on inventory.stock_ledger_months;
