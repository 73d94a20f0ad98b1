-- Every change of categories is an event, written set-based at the end of the statement: an import changes them by the thousand.
create or replace function inventory.categories_before_write() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        return new;
    end if;
    if new.category_id <> old.category_id then
        raise exception 'category_id of a category cannot be changed'
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

comment on function inventory.categories_before_write() is 'Says when the category last changed; keeps its id and its creation.';

create or replace function inventory.categories_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    if inventory._is_replicating() then
        return null;
    end if;
    if tg_op = 'INSERT' then
        insert into inventory.inventory_event (type, category_id, changes, actor, correlation_id, rung)
        select
            e.type, n.category_id, e.changes, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from new_rows as n
        cross join lateral inventory._catalog_events('category', null, to_jsonb(n)) as e
        cross join inventory._writer_context() as c;
    elsif tg_op = 'UPDATE' then
        insert into inventory.inventory_event (type, category_id, changes, actor, correlation_id, rung)
        select
            e.type, n.category_id, e.changes, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from old_rows as o
        join new_rows as n on n.category_id = o.category_id
        cross join lateral inventory._catalog_events('category', to_jsonb(o), to_jsonb(n)) as e
        cross join inventory._writer_context() as c;
    else
        insert into inventory.inventory_event (type, category_id, changes, actor, correlation_id, rung)
        select
            e.type, o.category_id, e.changes, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from old_rows as o
        cross join lateral inventory._catalog_events('category', to_jsonb(o), null) as e
        cross join inventory._writer_context() as c;
    end if;
    return null;
end
$$;

comment on function inventory.categories_after_write() is 'Writes the events of changed categories.';

create or replace function inventory.categories_before_truncate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'TRUNCATE of categories is refused'
        using errcode = 'SD008', detail = 'It would remove rows without their events.', hint = 'Use DELETE.';
end
$$;

comment on function inventory.categories_before_truncate() is 'Refuses TRUNCATE, which would write no events.';

-- as: inventory_owner
create or replace trigger before_10_update
    before update on inventory.categories
    for each row when (old.* is distinct from new.*)
    execute function inventory.categories_before_write();

create or replace trigger after_10_insert
    after insert on inventory.categories
    referencing new table as new_rows
    for each statement
    execute function inventory.categories_after_write();

create or replace trigger after_10_update
    after update on inventory.categories
    referencing old table as old_rows new table as new_rows
    for each statement
    execute function inventory.categories_after_write();

create or replace trigger after_10_delete
    after delete on inventory.categories
    referencing old table as old_rows
    for each statement
    execute function inventory.categories_after_write();

create or replace trigger before_10_truncate
    before truncate on inventory.categories
    for each statement
    execute function inventory.categories_before_truncate();

alter table inventory.categories enable always trigger before_10_update;
alter table inventory.categories enable always trigger after_10_insert;
alter table inventory.categories enable always trigger after_10_update;
alter table inventory.categories enable always trigger after_10_delete;
alter table inventory.categories enable always trigger before_10_truncate;
comment on trigger before_10_update on inventory.categories is 'Sets updated_at.';
comment on trigger after_10_insert on inventory.categories is 'Events of new categories.';
comment on trigger after_10_update on inventory.categories is 'Events of changed categories.';
comment on trigger after_10_delete on inventory.categories is 'Events of deleted categories.';
comment on trigger before_10_truncate on inventory.categories is 'Refuses TRUNCATE.';
