-- Kinds that belong to functions, or to plain SQL on stock rows, are not inserted.
-- missed by: pgtap/11_ledger_insert.sql
select guard.edit('inventory.stock_ledger_after_insert', 'or n.kind in (''direct'', ''reservation'', ''release'') ', '');
