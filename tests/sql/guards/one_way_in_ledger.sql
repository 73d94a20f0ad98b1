-- Nor are the movements that it writes itself applied again, wherever it puts them.
-- missed by: pgtap/11_ledger_insert.sql
create or replace trigger after_10_insert
    after insert on inventory.stock_ledger
    referencing new table as new_rows
    for each statement
    execute function inventory.stock_ledger_after_insert();
alter table inventory.stock_ledger enable always trigger after_10_insert;
