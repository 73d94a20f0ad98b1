-- Who writes decides: what the engine does itself is not captured again.
-- missed by: pgtap/11_ledger_insert.sql
select guard.edit('inventory.inventory_stock_before_update', $$current_user operator(pg_catalog.=) 'inventory_engine' or ($$, 'false or (');
