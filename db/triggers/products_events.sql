-- Every change of products is an event. Row by row: these are edits by people, not the hot path.
create or replace function inventory.products_before_write() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        return new;
    end if;
    if new.product_id <> old.product_id then
        raise exception 'product_id of a product cannot be changed'
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

comment on function inventory.products_before_write() is 'Says when the product last changed; keeps its id and its creation.';

create or replace function inventory.products_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform inventory._catalog_events(
        'product',
        case when tg_op <> 'INSERT' then to_jsonb(old) end,
        case when tg_op <> 'DELETE' then to_jsonb(new) end
    );
    return null;
end
$$;

comment on function inventory.products_after_write() is 'Writes the events of a changed product.';

create or replace function inventory.products_before_truncate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'TRUNCATE of products is refused'
        using errcode = 'SD008', detail = 'It would remove rows without their events.', hint = 'Use DELETE.';
end
$$;

comment on function inventory.products_before_truncate() is 'Refuses TRUNCATE, which would write no events.';

-- as: inventory_owner
create or replace trigger before_10_update
    before update on inventory.products
    for each row when (old.* is distinct from new.*)
    execute function inventory.products_before_write();

create or replace trigger after_10_insert_delete
    after insert or delete on inventory.products
    for each row
    execute function inventory.products_after_write();

create or replace trigger after_10_update
    after update on inventory.products
    for each row when (old.* is distinct from new.*)
    execute function inventory.products_after_write();

create or replace trigger before_10_truncate
    before truncate on inventory.products
    for each statement
    execute function inventory.products_before_truncate();

alter table inventory.products enable always trigger before_10_update;
alter table inventory.products enable always trigger after_10_insert_delete;
alter table inventory.products enable always trigger after_10_update;
alter table inventory.products enable always trigger before_10_truncate;
comment on trigger before_10_update on inventory.products is 'Sets updated_at.';
comment on trigger after_10_insert_delete on inventory.products is 'Events product_created and product_deleted.';
comment on trigger after_10_update on inventory.products is 'Events of a changed product.';
comment on trigger before_10_truncate on inventory.products is 'Refuses TRUNCATE.';
