-- Nothing happens at infinity.
-- missed by: pgtap/11_ledger_insert.sql
select guard.edit('inventory.stock_ledger_after_insert', 'or not isfinite(n.occurred_at)', '');
