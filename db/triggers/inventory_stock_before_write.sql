-- Plain SQL on a stock row: gives the row its next version and the change that the AFTER triggers record. Overwrites what a
-- client puts into version. No side effects: BEFORE INSERT also fires for rows that ON CONFLICT then rejects.
-- Rows that carry their version (logical replication, data-only restore: session_replication_role = replica) pass.
-- Not SECURITY DEFINER: it reads only what every writer may read, and runs for every row.
create or replace function inventory.inventory_stock_before_insert() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('session_replication_role') = 'replica' then
        if new.version > 0 then
            return new;
        end if;
        raise exception 'a stock row inserted under session_replication_role = replica must carry its version'
            using errcode = 'SD009',
            detail = 'In this role the row is taken as it is, and its movements are expected to come with it.',
            hint = 'Insert it in the role origin, where its movement is written for it.';
    end if;
    new.version := 1;
    new.on_hand_delta := new.on_hand;
    new.reserved_delta := new.reserved;
    new.updated_at := clock_timestamp();
    if new.low_stock_threshold is null or new.allow_negative is null then
        -- An unknown store or product is left to the foreign key.
        new.low_stock_threshold := coalesce(
            new.low_stock_threshold,
            (select p.low_stock_threshold from inventory.products as p where p.product_id = new.product_id),
            (select s.low_stock_threshold from inventory.stores as s where s.store_id = new.store_id),
            0
        );
        new.allow_negative := coalesce(
            new.allow_negative,
            (select p.allow_negative from inventory.products as p where p.product_id = new.product_id),
            (select s.allow_negative from inventory.stores as s where s.store_id = new.store_id),
            false
        );
    end if;
    if new.on_hand - new.reserved < 0 and not new.allow_negative then
        perform inventory._raise_insufficient(new.store_id, new.product_id, -new.on_hand, 0);
    end if;
    return new;
end
$$;

comment on function inventory.inventory_stock_before_insert() is
    'Gives a new stock row its first version, its change and the defaults of its product and store.';

create or replace function inventory.inventory_stock_before_update() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.version <> old.version and current_setting('session_replication_role') = 'replica' then
        return new;
    end if;
    if new.product_id <> old.product_id or new.store_id <> old.store_id then
        -- Leaves one stock row and arrives at another: the key change trigger records both.
        new.version := 0;
        new.on_hand_delta := 0;
        new.reserved_delta := 0;
        new.updated_at := clock_timestamp();
        return new;
    end if;
    new.on_hand_delta := new.on_hand - old.on_hand;
    new.reserved_delta := new.reserved - old.reserved;
    if new.on_hand_delta = 0 and new.reserved_delta = 0 then
        new.version := old.version;
        if new.low_stock_threshold is not distinct from old.low_stock_threshold
            and new.allow_negative is not distinct from old.allow_negative then
            new.updated_at := old.updated_at;
        else
            new.updated_at := clock_timestamp();
        end if;
    else
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    if new.on_hand - new.reserved < 0 and not new.allow_negative then
        perform inventory._raise_insufficient(
            new.store_id, new.product_id, new.reserved_delta - new.on_hand_delta, old.on_hand - old.reserved
        );
    end if;
    return new;
end
$$;

comment on function inventory.inventory_stock_before_update() is
    'Gives a changed stock row its next version and its change; refuses overselling by name.';

-- as: inventory_owner
create or replace trigger before_10_insert
    before insert on inventory.inventory_stock
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.inventory_stock_before_insert();

create or replace trigger before_10_update
    before update on inventory.inventory_stock
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.inventory_stock_before_update();

alter table inventory.inventory_stock enable always trigger before_10_insert;
alter table inventory.inventory_stock enable always trigger before_10_update;
comment on trigger before_10_insert on inventory.inventory_stock is 'Version, change and defaults of a new row.';
comment on trigger before_10_update on inventory.inventory_stock is 'Version and change of a changed row.';
