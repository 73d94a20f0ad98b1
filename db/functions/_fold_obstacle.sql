-- Why folding cannot go on from the position of the views; null when it can.
-- Reads: nothing but what it is given, and whether transactions of the position's list have ended.
create or replace function inventory._fold_obstacle(in_state inventory.fold_state, in_epoch inventory.epoch) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_state.snapshot is null then
        return 'nothing was folded yet';
    end if;
    if in_state.epoch is distinct from in_epoch.epoch then
        return 'the position is of another epoch';
    end if;
    -- A copy of the database in another server, or under another name, or an older one in its own place: its history is another.
    if in_epoch.system_identifier <> (select c.system_identifier from pg_control_system() as c)
        or in_epoch.database_oid <> (select d.oid from pg_database as d where d.datname = current_database())
        or in_epoch.table_oid <> 'inventory.epoch'::regclass then
        return 'this is a restored copy';
    end if;
    if pg_snapshot_xmax(in_state.snapshot) > pg_snapshot_xmax(pg_current_snapshot()) then
        return 'the position is from the future';
    end if;
    if inventory._is_released(pg_snapshot_xmax(in_state.snapshot), array(select x from pg_snapshot_xip(in_state.snapshot) as x), in_epoch.released_xid) then
        return 'feed rows were let go before they were folded';
    end if;
    return null;
end
$$;

comment on function inventory._fold_obstacle(inventory.fold_state, inventory.epoch) is
    'Why folding cannot go on from the position of the views; null when it can.';
