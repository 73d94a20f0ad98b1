-- Every change of vendors is an event. Row by row: these are edits by people, not the hot path.
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
as $$
begin
    perform inventory._catalog_events(
        'vendor',
        case when tg_op <> 'INSERT' then to_jsonb(old) end,
        case when tg_op <> 'DELETE' then to_jsonb(new) end
    );
    return null;
end
$$;

comment on function inventory.vendors_after_write() is 'Writes the events of a changed vendor.';

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

create or replace trigger after_10_insert_delete
    after insert or delete on inventory.vendors
    for each row
    execute function inventory.vendors_after_write();

create or replace trigger after_10_update
    after update on inventory.vendors
    for each row when (old.* is distinct from new.*)
    execute function inventory.vendors_after_write();

create or replace trigger before_10_truncate
    before truncate on inventory.vendors
    for each statement
    execute function inventory.vendors_before_truncate();

alter table inventory.vendors enable always trigger before_10_update;
alter table inventory.vendors enable always trigger after_10_insert_delete;
alter table inventory.vendors enable always trigger after_10_update;
alter table inventory.vendors enable always trigger before_10_truncate;
comment on trigger before_10_update on inventory.vendors is 'Sets updated_at.';
comment on trigger after_10_insert_delete on inventory.vendors is 'Events vendor_created and vendor_deleted.';
comment on trigger after_10_update on inventory.vendors is 'Events of a changed vendor.';
comment on trigger before_10_truncate on inventory.vendors is 'Refuses TRUNCATE.';
