-- History cannot be changed.
-- missed by: pgtap/11_ledger_insert.sql
drop trigger before_00_append_only on inventory.stock_ledger;
