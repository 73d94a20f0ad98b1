-- Whoever could write below the ledger could write movements that are applied to no stock row.
-- missed by: pgtap/20_privileges.sql
grant insert on inventory.stock_ledger_months to inventory_writer;
