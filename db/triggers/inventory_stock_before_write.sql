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

-- The hot path, measured in instructions per one-row update (docs/decisions/0002-capture-triggers.md). Each expression is made ready
-- anew in every transaction, so what most updates are, a change of quantity and no word of the version, is found out by one
-- condition; everything else goes the longer way. An engine's movement always changes the version with on_hand, so it never comes
-- the short way; a function that forgot it would be recorded like anybody else.
-- No WHEN: reading the condition from its text costs more than the test here. No SET search_path. Therefore every name and operator
-- is qualified, so that no schema in a caller's search_path can put in its own.
create or replace function inventory.inventory_stock_before_update() returns trigger
language plpgsql
as $$
begin
    if new.on_hand operator(pg_catalog.<>) old.on_hand and new.version operator(pg_catalog.=) old.version
        and (new.on_hand operator(pg_catalog.>=) new.reserved or new.allow_negative)
    then
        new.on_hand_delta := new.on_hand operator(pg_catalog.-) old.on_hand;
        -- Not tested for a change: the subtraction is cheaper than two tests.
        new.reserved_delta := new.reserved operator(pg_catalog.-) old.reserved;
        new.version := old.version operator(pg_catalog.+) 1;
        new.updated_at := pg_catalog.clock_timestamp();
        return new;
    end if;
    if current_user operator(pg_catalog.=) 'inventory_engine' or (
        new.version operator(pg_catalog.<>) old.version
        and pg_catalog.current_setting('session_replication_role') operator(pg_catalog.=) 'replica'
    ) then
        -- Recorded by the function, or with the movement that comes along: nothing is left for the statement trigger to record.
        new.on_hand_delta := null;
        new.reserved_delta := 0;
        return new;
    end if;
    new.on_hand_delta := new.on_hand operator(pg_catalog.-) old.on_hand;
    new.reserved_delta := new.reserved operator(pg_catalog.-) old.reserved;
    if new.on_hand operator(pg_catalog.<) new.reserved and not new.allow_negative then
        perform inventory._raise_insufficient(
            new.store_id, new.product_id, new.reserved_delta operator(pg_catalog.-) new.on_hand_delta,
            old.on_hand operator(pg_catalog.-) old.reserved
        );
    end if;
    if new.on_hand_delta operator(pg_catalog.<>) 0 or new.reserved_delta operator(pg_catalog.<>) 0 then
        new.version := old.version operator(pg_catalog.+) 1;
        new.updated_at := pg_catalog.clock_timestamp();
    else
        new.on_hand_delta := null;
        new.version := old.version;
        new.updated_at := case
            when inventory._is_replicating() then new.updated_at
            when new.low_stock_threshold operator(pg_catalog.<>) old.low_stock_threshold
                or (new.allow_negative and not old.allow_negative) or (old.allow_negative and not new.allow_negative)
            then pg_catalog.clock_timestamp()
            else old.updated_at
        end;
    end if;
    return new;
end
$$;

comment on function inventory.inventory_stock_before_update() is
    'Gives a changed stock row its next version and its change; refuses overselling by name.';

-- Keeps the version of a row that goes, while the row is locked and before any AFTER trigger runs: a movement of the same
-- statement may make the row again (WITH d AS (DELETE ...) INSERT INTO stock_ledger ...), and its trigger may come first.
create or replace function inventory.inventory_stock_before_delete() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not inventory._is_replicating() then
        insert into inventory.stock_version_kept as k (store_id, product_id, version)
        values (old.store_id, old.product_id, old.version + 1)
        on conflict (store_id, product_id) do update set version = excluded.version;
    end if;
    return case tg_op when 'DELETE' then old else new end;
end
$$;

comment on function inventory.inventory_stock_before_delete() is
    'Keeps the version of a stock row that is deleted, or whose store or product is changed.';

-- Leaves one stock row and arrives at another: the AFTER trigger of the key change records both, and nothing is left for the
-- statement trigger. The version of the arrival is known only then; -1 tells a movement of the same statement to keep away.
create or replace function inventory.inventory_stock_before_key_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        return new;
    end if;
    new.version := -1;
    new.on_hand_delta := null;
    new.reserved_delta := 0;
    new.updated_at := clock_timestamp();
    return new;
end
$$;

comment on function inventory.inventory_stock_before_key_change() is
    'Takes version and change from a stock row whose store or product is changed: its movements are another trigger''s.';

-- as: inventory_owner
create or replace trigger before_10_insert
    before insert on inventory.inventory_stock
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.inventory_stock_before_insert();

create or replace trigger before_10_update
    before update on inventory.inventory_stock
    for each row
    execute function inventory.inventory_stock_before_update();

-- UPDATE OF: a statement that does not name these columns pays nothing, not even for comparing them.
create or replace trigger before_20_key_change
    before update of store_id, product_id on inventory.inventory_stock
    for each row
    when (
        (old.product_id <> new.product_id or old.store_id <> new.store_id) and current_user <> 'inventory_engine'
    )
    execute function inventory.inventory_stock_before_key_change();

create or replace trigger before_30_key_kept
    before update of store_id, product_id on inventory.inventory_stock
    for each row
    when (
        (old.product_id <> new.product_id or old.store_id <> new.store_id) and current_user <> 'inventory_engine'
    )
    execute function inventory.inventory_stock_before_delete();

create or replace trigger before_10_delete
    before delete on inventory.inventory_stock
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.inventory_stock_before_delete();

alter table inventory.inventory_stock enable always trigger before_10_insert;
alter table inventory.inventory_stock enable always trigger before_10_delete;
alter table inventory.inventory_stock enable always trigger before_30_key_kept;
alter table inventory.inventory_stock enable always trigger before_10_update;
alter table inventory.inventory_stock enable always trigger before_20_key_change;
comment on trigger before_10_insert on inventory.inventory_stock is 'Version, change and defaults of a new row.';
comment on trigger before_10_update on inventory.inventory_stock is 'Version and change of a changed row.';
comment on trigger before_20_key_change on inventory.inventory_stock is 'A changed key is no change of the row.';
comment on trigger before_10_delete on inventory.inventory_stock is 'Version of a deleted row.';
comment on trigger before_30_key_kept on inventory.inventory_stock is 'Version of the row that a changed key leaves.';
