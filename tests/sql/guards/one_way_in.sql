-- Who writes decides: what the engine does itself is not captured again.
-- missed by: pgtap/11_ledger_insert.sql
select guard.edit('inventory.inventory_stock_before_update', $$current_user operator(pg_catalog.=) 'inventory_engine' or ($$, 'false or (');
create or replace trigger after_10_update
    after update on inventory.inventory_stock
    referencing new table as new_rows
    for each statement
    execute function inventory.inventory_stock_after_update();
alter table inventory.inventory_stock enable always trigger after_10_update;
