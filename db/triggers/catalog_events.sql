-- Every change of products, stores, vendors and categories is an event, written set-based at the end of the statement: an import
-- changes them by the thousand. One function for the four tables; TG_ARGV[0] is what a row is: product, store, vendor, category.
-- The bell is tried once per statement.
create or replace function inventory.catalog_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_noun text := tg_argv[0];
    v_id text := tg_argv[0] || '_id';
begin
    if inventory._is_replicating() then
        return null;
    end if;
    -- Three statements, because a transition table that the operation does not have may not even be named.
    if tg_op = 'INSERT' then
        insert into inventory.inventory_event (
            type, store_id, product_id, vendor_id, category_id, changes, actor, correlation_id, rung
        )
        select
            e.*, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from new_rows as n
        cross join lateral inventory._catalog_events(v_noun, null, to_jsonb(n)) as e
        cross join inventory._writer_context() as c;
    elsif tg_op = 'UPDATE' then
        insert into inventory.inventory_event (
            type, store_id, product_id, vendor_id, category_id, changes, actor, correlation_id, rung
        )
        select
            e.*, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from (select to_jsonb(r) as old from old_rows as r offset 0) as o
        join (select to_jsonb(r) as new from new_rows as r offset 0) as n on n.new -> v_id = o.old -> v_id
        cross join lateral inventory._catalog_events(v_noun, o.old, n.new) as e
        cross join inventory._writer_context() as c;
    else
        insert into inventory.inventory_event (
            type, store_id, product_id, vendor_id, category_id, changes, actor, correlation_id, rung
        )
        select
            e.*, c.actor, c.correlation_id,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from old_rows as o
        cross join lateral inventory._catalog_events(v_noun, to_jsonb(o), null) as e
        cross join inventory._writer_context() as c;
    end if;
    return null;
end
$$;

comment on function inventory.catalog_after_write() is
    'Writes the events of changed products, stores, vendors and categories.';

-- as: inventory_owner
do $$
declare
    v_table regclass;
    v_noun text;
begin
    for v_table, v_noun in
        values ('inventory.products'::regclass, 'product'), ('inventory.stores', 'store'), ('inventory.vendors', 'vendor'),
            ('inventory.categories', 'category')
    loop
        execute pg_catalog.format(
            'create or replace trigger after_10_insert
                after insert on %1$s
                referencing new table as new_rows
                for each statement
                execute function inventory.catalog_after_write(%2$L);
            create or replace trigger after_10_update
                after update on %1$s
                referencing old table as old_rows new table as new_rows
                for each statement
                execute function inventory.catalog_after_write(%2$L);
            create or replace trigger after_10_delete
                after delete on %1$s
                referencing old table as old_rows
                for each statement
                execute function inventory.catalog_after_write(%2$L);
            alter table %1$s enable always trigger after_10_insert;
            alter table %1$s enable always trigger after_10_update;
            alter table %1$s enable always trigger after_10_delete;
            comment on trigger after_10_insert on %1$s is ''Events of new rows.'';
            comment on trigger after_10_update on %1$s is ''Events of changed rows.'';
            comment on trigger after_10_delete on %1$s is ''Events of deleted rows.'';',
            v_table, v_noun
        );
    end loop;
end
$$;
