-- History is never changed, whoever asks. inventory_engine alone fills in movements and lets old canaries go.
-- A row trigger, so that it also guards the partitions.
create or replace function inventory.history_append_only() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        -- The origin's functions fill in movements and move them between partitions, and that comes here too.
        return case tg_op when 'DELETE' then old else new end;
    end if;
    raise exception '% is append-only: % is refused', tg_table_name, tg_op
        using errcode = 'SD005',
        hint = 'Record the opposite movement (kind compensation or adjustment) instead.';
end
$$;

comment on function inventory.history_append_only() is 'Refuses every change of recorded history.';

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
alter table inventory.inventory_event enable always trigger before_00_append_only;
alter table inventory.inventory_event enable always trigger before_00_no_truncate;
comment on trigger before_00_append_only on inventory.stock_ledger is 'Movements are never changed or deleted.';
comment on trigger before_00_no_truncate on inventory.stock_ledger is 'Movements are never truncated away.';
comment on trigger before_00_no_truncate on inventory.stock_ledger_months is 'Movements are never truncated away.';
comment on trigger before_00_append_only on inventory.inventory_event is 'Events are never changed or deleted.';
comment on trigger before_00_no_truncate on inventory.inventory_event is 'Events are never truncated away.';
