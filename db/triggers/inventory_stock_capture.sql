-- Plain SQL on stock rows becomes movements of kind direct, set-based, one INSERT per statement. It goes into stock_ledger_months,
-- below the trigger by which stock_ledger applies what clients insert.
-- Not for statements of inventory_engine, whose functions write their movements themselves.
-- Logical replication fires row triggers and TRUNCATE's, never the other statement triggers: a statement that comes here is
-- somebody's, also under session_replication_role = replica. Rows inserted in that role carry their version (the BEFORE
-- trigger insists) and come with their movements.
-- rung is evaluated once per statement here, not once per row: 100 000 rows must not ring 100 000 times.
-- Locks: the stock rows first, then stock_version_kept in key order (the other way round deadlocked in trials).
create or replace function inventory.inventory_stock_after_insert() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made_again bigint;
begin
    -- ON CONFLICT instead of a look-up: under REPEATABLE READ a deletion that this snapshot does not see must fail, not be missed.
    with kept as (
        insert into inventory.stock_version_kept as k (store_id, product_id, version)
        select n.store_id, n.product_id, 1 from new_rows as n
        order by n.store_id, n.product_id
        on conflict (store_id, product_id) do update set version = k.version + 1
        returning k.store_id, k.product_id, k.version
    ),
    goes_on as (
        update inventory.inventory_stock as s set version = k.version, keeps_lots = o.product_id is not null
        from kept as k
        left join inventory.lot_policies as o on o.product_id = k.product_id
        where (k.version > 1 or o.product_id is not null) and s.store_id = k.store_id and s.product_id = k.product_id
        returning 1
    ),
    recorded as (
        insert into inventory.stock_ledger_months (
            store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
            reason, reference, actor, correlation_id, rung
        )
        select
            n.store_id, n.product_id, 'direct', n.on_hand, n.reserved, n.on_hand, n.reserved, k.version,
            c.reason, c.reference, c.actor, c.correlation_id,
            case when o.product_id is not null then inventory._post_change(n.store_id, n.product_id, k.version, n.on_hand) else true end
                and (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from new_rows as n
        join kept as k on k.store_id = n.store_id and k.product_id = n.product_id
        left join inventory.lot_policies as o on o.product_id = n.product_id
        cross join inventory._writer_context() as c
    )
    select count(*) into v_made_again from goes_on;
    return null;
end
$$;

comment on function inventory.inventory_stock_after_insert() is
    'Records new stock rows; one that is made again goes on from its old version.';

-- The hot path: qualified names and operators instead of SET search_path, and few expressions, because each, and each function in
-- one, is made ready anew in every transaction. So one condition asks for what is usual: none of the settings says anything (greatest
-- passes over those that are null), and the doorbell's lock is free. The try may come at any time before the commit.
-- No WHEN for the engine either: the BEFORE trigger leaves its rows without a change, so that nothing is found here.
-- Otherwise rings after the INSERT, once and only when something moved.
-- Lots are posted by the condition, because a statement of its own would cost those that keep none; in the select list it would cost
-- twice as much, for a volatile function there keeps the planner from pulling the query up. PostgreSQL asks cheap conditions first.
create or replace function inventory.inventory_stock_after_update() returns trigger
language plpgsql security definer
as $$
begin
    if greatest(
        pg_catalog.current_setting('inventory.reason', true), pg_catalog.current_setting('inventory.reference', true),
        pg_catalog.current_setting('inventory.actor', true), pg_catalog.current_setting('inventory.correlation_id', true)
    ) operator(pg_catalog.<>) '' or not pg_catalog.pg_try_advisory_xact_lock_shared(6004511353635864577) then
        insert into inventory.stock_ledger_months (
            store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
            reason, reference, actor, correlation_id, rung
        )
        select
            n.store_id, n.product_id, 'direct', n.on_hand_delta, n.reserved_delta, n.on_hand, n.reserved, n.version,
            c.reason, c.reference, c.actor, c.correlation_id, true
        from new_rows as n
        cross join inventory._writer_context() as c
        where n.on_hand_delta is not null
            and (not n.keeps_lots or inventory._post_change(n.store_id, n.product_id, n.version, n.on_hand_delta));
        if found and not pg_catalog.pg_try_advisory_xact_lock_shared(6004511353635864577) then
            perform inventory.ring_doorbell();
        end if;
        return null;
    end if;
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version, rung
    )
    select
        n.store_id, n.product_id, 'direct', n.on_hand_delta, n.reserved_delta, n.on_hand, n.reserved, n.version, true
    from new_rows as n
    where n.on_hand_delta is not null
        and (not n.keeps_lots or inventory._post_change(n.store_id, n.product_id, n.version, n.on_hand_delta));
    return null;
end
$$;

comment on function inventory.inventory_stock_after_update() is 'Records changed stock rows.';

create or replace function inventory.inventory_stock_after_delete() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reserved record;
begin
    select o.store_id, o.product_id, o.reserved into v_reserved from old_rows as o where o.reserved <> 0 limit 1;
    if found then
        perform inventory._raise_reserved('DELETE', v_reserved.store_id, v_reserved.product_id, v_reserved.reserved);
    end if;
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, rung
    )
    select
        o.store_id, o.product_id, 'direct', -o.on_hand, -o.reserved, 0, 0, o.version + 1,
        c.reason, c.reference, c.actor, c.correlation_id,
        case when o.keeps_lots then inventory._post_change(o.store_id, o.product_id, o.version + 1, -o.on_hand) else true end
            and (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
    from old_rows as o
    cross join inventory._writer_context() as c;
    return null;
end
$$;

comment on function inventory.inventory_stock_after_delete() is 'Records deleted stock rows.';

-- A changed key: the old stock row leaves, the new one arrives, each with its own movement and version.
create or replace function inventory.inventory_stock_after_key_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_context record;
    v_version bigint;
    v_keeps_lots boolean;
begin
    if inventory._is_replicating() then
        return null;
    end if;
    if old.reserved <> 0 then
        perform inventory._raise_reserved('UPDATE of the key', old.store_id, old.product_id, old.reserved);
    end if;
    select c.* into v_context from inventory._writer_context() as c;
    insert into inventory.stock_version_kept as k (store_id, product_id, version)
    values (new.store_id, new.product_id, 1)
    on conflict (store_id, product_id) do update set version = k.version + 1
    returning k.version into v_version;
    v_keeps_lots := exists (select from inventory.lot_policies as p where p.product_id = new.product_id);
    update inventory.inventory_stock as s set version = v_version, keeps_lots = v_keeps_lots
    where s.store_id = new.store_id and s.product_id = new.product_id;
    if old.keeps_lots then
        perform inventory._post_change(old.store_id, old.product_id, old.version + 1, -old.on_hand);
    end if;
    if v_keeps_lots then
        perform inventory._post_change(new.store_id, new.product_id, v_version, new.on_hand);
    end if;
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id
    )
    values
        (old.store_id, old.product_id, 'direct', -old.on_hand, -old.reserved, 0, 0, old.version + 1,
         v_context.reason, v_context.reference, v_context.actor, v_context.correlation_id),
        (new.store_id, new.product_id, 'direct', new.on_hand, new.reserved, new.on_hand, new.reserved, v_version,
         v_context.reason, v_context.reference, v_context.actor, v_context.correlation_id);
    return null;
end
$$;

comment on function inventory.inventory_stock_after_key_change() is 'Records a stock row whose store or product was changed.';

-- TRUNCATE fires no row triggers and has no transition table: a movement per row, written before the rows go.
create or replace function inventory.inventory_stock_before_truncate() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reserved record;
begin
    if inventory._is_replicating() then
        return null;
    end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'TRUNCATE of inventory_stock needs READ COMMITTED'
            using errcode = 'SD008',
            detail = 'In this transaction''s older snapshot it could miss rows, and their movements would be lost.',
            hint = 'Use DELETE, or begin isolation level read committed.';
    end if;
    select s.store_id, s.product_id, s.reserved into v_reserved from inventory.inventory_stock as s where s.reserved <> 0 limit 1;
    if found then
        perform inventory._raise_reserved('TRUNCATE', v_reserved.store_id, v_reserved.product_id, v_reserved.reserved);
    end if;
    with kept as (
        insert into inventory.stock_version_kept as k (store_id, product_id, version)
        select s.store_id, s.product_id, s.version + 1 from inventory.inventory_stock as s
        order by s.store_id, s.product_id
        on conflict (store_id, product_id) do update set version = excluded.version
    )
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, rung
    )
    select
        s.store_id, s.product_id, 'direct', -s.on_hand, -s.reserved, 0, 0, s.version + 1,
        c.reason, c.reference, c.actor, c.correlation_id,
        case when s.keeps_lots then inventory._post_change(s.store_id, s.product_id, s.version + 1, -s.on_hand) else true end
            and (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
    from inventory.inventory_stock as s
    cross join inventory._writer_context() as c;
    return null;
end
$$;

comment on function inventory.inventory_stock_before_truncate() is
    'Records every stock row as gone before TRUNCATE removes it; refuses while stock is reserved.';

-- A threshold or policy that changed is an event, not a movement: the version stays.
create or replace function inventory.inventory_stock_after_settings() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if inventory._is_replicating() then
        return null;
    end if;
    insert into inventory.inventory_event (type, store_id, product_id, stock_version, changes, actor, correlation_id)
    select
        'stock_settings_changed', new.store_id, new.product_id, new.version,
        -- What _changed_fields() would say, which costs twice as much: thresholds of a whole shop change at once.
        case
            when old.low_stock_threshold <> new.low_stock_threshold then jsonb_build_array(jsonb_build_object(
                'field', 'low_stock_threshold', 'oldValue', old.low_stock_threshold, 'newValue', new.low_stock_threshold
            ))
            else '[]'
        end || case
            when old.allow_negative <> new.allow_negative then jsonb_build_array(jsonb_build_object(
                'field', 'allow_negative', 'oldValue', old.allow_negative, 'newValue', new.allow_negative
            ))
            else '[]'
        end,
        c.actor, c.correlation_id
    from inventory._writer_context() as c;
    return null;
end
$$;

comment on function inventory.inventory_stock_after_settings() is 'Writes stock_settings_changed for a changed threshold or policy.';

-- as: inventory_owner
create or replace trigger after_10_insert
    after insert on inventory.inventory_stock
    referencing new table as new_rows
    for each statement
    when (current_user <> 'inventory_engine' and current_setting('session_replication_role') <> 'replica')
    execute function inventory.inventory_stock_after_insert();

create or replace trigger after_10_update
    after update on inventory.inventory_stock
    referencing new table as new_rows
    for each statement
    execute function inventory.inventory_stock_after_update();

create or replace trigger after_10_delete
    after delete on inventory.inventory_stock
    referencing old table as old_rows
    for each statement
    when (current_user <> 'inventory_engine')
    execute function inventory.inventory_stock_after_delete();

-- UPDATE OF: a statement that does not name these columns pays nothing, not even for reading the condition.
create or replace trigger after_20_key_change
    after update of store_id, product_id on inventory.inventory_stock
    for each row
    when (
        (old.product_id <> new.product_id or old.store_id <> new.store_id) and current_user <> 'inventory_engine'
    )
    execute function inventory.inventory_stock_after_key_change();

create or replace trigger after_30_settings
    after update of low_stock_threshold, allow_negative on inventory.inventory_stock
    for each row
    when (
        old.low_stock_threshold <> new.low_stock_threshold or old.allow_negative <> new.allow_negative
    )
    execute function inventory.inventory_stock_after_settings();

create or replace trigger before_10_truncate
    before truncate on inventory.inventory_stock
    for each statement
    execute function inventory.inventory_stock_before_truncate();

alter table inventory.inventory_stock enable always trigger after_10_insert;
alter table inventory.inventory_stock enable always trigger after_10_update;
alter table inventory.inventory_stock enable always trigger after_10_delete;
alter table inventory.inventory_stock enable always trigger after_20_key_change;
alter table inventory.inventory_stock enable always trigger after_30_settings;
alter table inventory.inventory_stock enable always trigger before_10_truncate;
comment on trigger after_10_insert on inventory.inventory_stock is 'Movements of new rows.';
comment on trigger after_10_update on inventory.inventory_stock is 'Movements of changed rows.';
comment on trigger after_10_delete on inventory.inventory_stock is 'Movements of deleted rows.';
comment on trigger after_20_key_change on inventory.inventory_stock is 'Movements of a row whose key changed.';
comment on trigger after_30_settings on inventory.inventory_stock is 'Event for a changed threshold or policy.';
comment on trigger before_10_truncate on inventory.inventory_stock is 'Movements of all rows before TRUNCATE.';
