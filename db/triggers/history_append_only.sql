-- History is never changed. Months get their own guard against TRUNCATE in make_ledger_months(): a statement trigger is not passed on
-- to partitions, as the row trigger is.

-- as: inventory_owner
create or replace trigger before_00_append_only
    before update or delete on inventory.stock_ledger
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.history_append_only();

create or replace trigger before_00_no_truncate
    before truncate on inventory.stock_ledger
    for each statement
    execute function inventory.history_append_only();

-- What is below is emptied together with the ledger, but also by itself.
create or replace trigger before_00_no_truncate
    before truncate on inventory.stock_ledger_months
    for each statement
    execute function inventory.history_append_only();

create or replace trigger before_00_no_truncate
    before truncate on inventory.stock_ledger_default
    for each statement
    execute function inventory.history_append_only();

create or replace trigger before_00_append_only
    before update or delete on inventory.inventory_event
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.history_append_only();

create or replace trigger before_00_no_truncate
    before truncate on inventory.inventory_event
    for each statement
    execute function inventory.history_append_only();

alter table inventory.stock_ledger enable always trigger before_00_append_only;
alter table inventory.stock_ledger enable always trigger before_00_no_truncate;
alter table inventory.stock_ledger_months enable always trigger before_00_no_truncate;
alter table inventory.stock_ledger_default enable always trigger before_00_no_truncate;
alter table inventory.inventory_event enable always trigger before_00_append_only;
alter table inventory.inventory_event enable always trigger before_00_no_truncate;
comment on trigger before_00_append_only on inventory.stock_ledger is 'Movements are never changed or deleted.';
comment on trigger before_00_no_truncate on inventory.stock_ledger is 'Movements are never truncated away.';
comment on trigger before_00_no_truncate on inventory.stock_ledger_months is 'Movements are never truncated away.';
comment on trigger before_00_no_truncate on inventory.stock_ledger_default is 'Movements are never truncated away.';
comment on trigger before_00_append_only on inventory.inventory_event is 'Events are never changed or deleted.';
comment on trigger before_00_no_truncate on inventory.inventory_event is 'Events are never truncated away.';
