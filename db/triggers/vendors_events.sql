-- Every change of vendors is an event, written set-based at the end of the statement: an import changes them by the thousand.
create or replace function inventory.vendors_before_write() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        return new;
    end if;
    if new.vendor_id <> old.vendor_id then
        raise exception 'vendor_id of a vendor cannot be changed'
            using errcode = '428C9', hint = 'Make another row; everything recorded names this one by its id.';
    end if;
    -- Times are the database's: one that is edited alone would be a change that readers are not told of.
    new.created_at := old.created_at;
    new.updated_at := old.updated_at;
    if new.* is distinct from old.* then
        new.updated_at := clock_timestamp();
    end if;
    return new;
end
$$;

comment on function inventory.vendors_before_write() is 'Says when the vendor last changed; keeps its id and its creation.';

create or replace function inventory.vendors_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    if inventory._is_replicating() then
        return null;
    end if;
    if tg_op = 'INSERT' then
        insert into inventory.inventory_event (type, vendor_id, changes, actor, correlation_id, rung)
        select
            e.type, n.vendor_id, e.changes, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from new_rows as n
        cross join lateral inventory._catalog_events('vendor', null, to_jsonb(n)) as e
        cross join inventory._writer_context() as c;
    elsif tg_op = 'UPDATE' then
        insert into inventory.inventory_event (type, vendor_id, changes, actor, correlation_id, rung)
        select
            e.type, n.vendor_id, e.changes, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from old_rows as o
        join new_rows as n on n.vendor_id = o.vendor_id
        cross join lateral inventory._catalog_events('vendor', to_jsonb(o), to_jsonb(n)) as e
        cross join inventory._writer_context() as c;
    else
        insert into inventory.inventory_event (type, vendor_id, changes, actor, correlation_id, rung)
        select
            e.type, o.vendor_id, e.changes, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from old_rows as o
        cross join lateral inventory._catalog_events('vendor', to_jsonb(o), null) as e
        cross join inventory._writer_context() as c;
    end if;
    return null;
end
$$;

comment on function inventory.vendors_after_write() is 'Writes the events of changed vendors.';

create or replace function inventory.vendors_before_truncate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'TRUNCATE of vendors is refused'
        using errcode = 'SD008', detail = 'It would remove rows without their events.', hint = 'Use DELETE.';
end
$$;

comment on function inventory.vendors_before_truncate() is 'Refuses TRUNCATE, which would write no events.';

-- as: inventory_owner
create or replace trigger before_10_update
    before update on inventory.vendors
    for each row when (old.* is distinct from new.*)
    execute function inventory.vendors_before_write();

create or replace trigger after_10_insert
    after insert on inventory.vendors
    referencing new table as new_rows
    for each statement
    execute function inventory.vendors_after_write();

create or replace trigger after_10_update
    after update on inventory.vendors
    referencing old table as old_rows new table as new_rows
    for each statement
    execute function inventory.vendors_after_write();

create or replace trigger after_10_delete
    after delete on inventory.vendors
    referencing old table as old_rows
    for each statement
    execute function inventory.vendors_after_write();

create or replace trigger before_10_truncate
    before truncate on inventory.vendors
    for each statement
    execute function inventory.vendors_before_truncate();

alter table inventory.vendors enable always trigger before_10_update;
alter table inventory.vendors enable always trigger after_10_insert;
alter table inventory.vendors enable always trigger after_10_update;
alter table inventory.vendors enable always trigger after_10_delete;
alter table inventory.vendors enable always trigger before_10_truncate;
comment on trigger before_10_update on inventory.vendors is 'Sets updated_at.';
comment on trigger after_10_insert on inventory.vendors is 'Events of new vendors.';
comment on trigger after_10_update on inventory.vendors is 'Events of changed vendors.';
comment on trigger after_10_delete on inventory.vendors is 'Events of deleted vendors.';
comment on trigger before_10_truncate on inventory.vendors is 'Refuses TRUNCATE.';
