-- What products, stores, vendors and categories do not leave to their writers: ids that never change, times, and TRUNCATE.
-- One function for the four tables; TG_ARGV[0] is what a row is: product, store, vendor, category.

-- Times are the database's. One that is edited alone would be a change that readers are not told of, and one from the end of time
-- no reader could take in. Rows that come with their history (logical replication, data-only restore) bring their times along.
create or replace function inventory.catalog_before_write() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id text := tg_argv[0] || '_id';
begin
    if tg_op = 'INSERT' then
        if current_setting('session_replication_role') <> 'replica' then
            new.created_at := now();
            new.updated_at := clock_timestamp();
        end if;
        return new;
    end if;
    if inventory._is_replicating() then
        return new;
    end if;
    if to_jsonb(new) -> v_id <> to_jsonb(old) -> v_id then
        raise exception '% of a % cannot be changed', v_id, tg_argv[0]
            using errcode = '428C9', hint = 'Make another row; everything recorded names this one by its id.';
    end if;
    new.created_at := old.created_at;
    new.updated_at := old.updated_at;
    if new.* is distinct from old.* then
        new.updated_at := clock_timestamp();
    end if;
    return new;
end
$$;

comment on function inventory.catalog_before_write() is
    'Says when a product, store, vendor or category was made and last changed; keeps its id.';

create or replace function inventory.catalog_before_truncate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'TRUNCATE of % is refused', tg_table_name
        using errcode = 'SD008', detail = 'It would remove rows without their events.', hint = 'Use DELETE.';
end
$$;

comment on function inventory.catalog_before_truncate() is 'Refuses TRUNCATE, which would write no events.';

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
            'create or replace trigger before_10_insert
                before insert on %1$s
                for each row
                execute function inventory.catalog_before_write(%2$L);
            create or replace trigger before_10_update
                before update on %1$s
                for each row when (old.* is distinct from new.*)
                execute function inventory.catalog_before_write(%2$L);
            create or replace trigger before_10_truncate
                before truncate on %1$s
                for each statement
                execute function inventory.catalog_before_truncate();
            alter table %1$s enable always trigger before_10_insert;
            alter table %1$s enable always trigger before_10_update;
            alter table %1$s enable always trigger before_10_truncate;
            comment on trigger before_10_insert on %1$s is ''Sets created_at and updated_at.'';
            comment on trigger before_10_update on %1$s is ''Sets updated_at; keeps the id and created_at.'';
            comment on trigger before_10_truncate on %1$s is ''Refuses TRUNCATE.'';',
            v_table, v_noun
        );
    end loop;
end
$$;
