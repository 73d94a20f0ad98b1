-- role: inventory_owner
-- Sets right what putting rows in past the triggers leaves behind: after a data-only restore, and on a logical subscriber that
-- becomes the place to write. Triggers fire ALWAYS again (pg_restore --disable-triggers leaves them at less), sequences stand
-- above the rows, and a new epoch begins: restored movements are no news, positions from before are refused (SD002).
-- Returns what it did, one line each. Harmless at any other time, but for the positions.
-- Locks: ShareRowExclusive on tables whose triggers it changes, Share on the ledger and the events.
create or replace function inventory.finish_restore() returns setof text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
    v_trigger record;
    v_column record;
    v_high bigint;
begin
    for v_trigger in
        select t.tgname, t.tgrelid::regclass as relation
        from pg_trigger as t
        join pg_class as c on c.oid = t.tgrelid
        where c.relnamespace = 'inventory'::regnamespace and not t.tgisinternal and t.tgenabled <> 'A'
        order by t.tgrelid::regclass::text, t.tgname
    loop
        execute format('alter table %s enable always trigger %I', v_trigger.relation, v_trigger.tgname);
        return next format('trigger %s on %s fires always', v_trigger.tgname, v_trigger.relation);
    end loop;
    lock table inventory.stock_ledger, inventory.inventory_event in share mode;
    for v_column in
        select
            a.attrelid::regclass as relation, a.attname,
            pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass as sequence
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        where c.relnamespace = 'inventory'::regnamespace and a.attidentity <> '' and not a.attisdropped
        order by 1
    loop
        execute format('select max(%I) from %s', v_column.attname, v_column.relation) into v_high;
        if v_high > coalesce(pg_sequence_last_value(v_column.sequence), 0) then
            perform setval(v_column.sequence, v_high);
            return next format('%s goes on after %s', v_column.sequence, v_high);
        end if;
    end loop;
    insert into inventory.epoch (system_identifier, database_oid, table_oid)
    select c.system_identifier, d.oid, 'inventory.epoch'::regclass
    from pg_control_system() as c, pg_database as d
    where d.datname = current_database() and not exists (select from inventory.epoch);
    update inventory.epoch as e set
        epoch = gen_random_uuid(),
        system_identifier = (select c.system_identifier from pg_control_system() as c),
        database_oid = (select d.oid from pg_database as d where d.datname = current_database()),
        table_oid = 'inventory.epoch'::regclass,
        movement_id_floor = coalesce((select max(l.movement_id) from inventory.stock_ledger as l), 0),
        event_seq_floor = coalesce((select max(v.event_seq) from inventory.inventory_event as v), 0),
        released_xid = '0';
    return next 'a new epoch begins';
    -- Rows of store_access may have come in past its trigger, and into a cluster where nobody is marked.
    perform inventory._isolate_stores();
end
$$;

comment on function inventory.finish_restore() is
    'Sets triggers, sequences and the epoch right after rows were put in past the triggers. Positions from before are refused.';
