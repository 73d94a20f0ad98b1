-- A client's plain INSERT into stock_ledger is applied to inventory_stock, set-based and at the end of the statement: only then
-- are its stock rows known and can be locked in key order, so that two such statements never deadlock.
-- Until then a row carries minus its movement_id as version, by which its index finds it again. RETURNING of on_hand_after,
-- reserved_after and version therefore shows them not yet filled in.
create or replace function inventory.stock_ledger_before_insert() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.version > 0 and current_setting('session_replication_role') = 'replica' then
        return new;
    end if;
    if not exists (select from inventory.stores as s where s.store_id = new.store_id) then
        raise exception 'no store has the id %', coalesce(new.store_id::text, 'null')
            using errcode = 'SD006', hint = 'Look the id up by code: select store_id from inventory.stores where code = ...';
    end if;
    if not exists (select from inventory.products as p where p.product_id = new.product_id) then
        raise exception 'no product has the id %', coalesce(new.product_id::text, 'null')
            using errcode = 'SD006', hint = 'Look the id up by sku: select product_id from inventory.products where sku = ...';
    end if;
    new.version := -new.movement_id;
    new.on_hand_after := 0;
    new.reserved_after := 0;
    new.xid := pg_current_xact_id();
    new.reason := coalesce(new.reason, nullif(current_setting('inventory.reason', true), ''));
    new.reference := coalesce(new.reference, nullif(current_setting('inventory.reference', true), ''));
    new.correlation_id := coalesce(new.correlation_id, nullif(current_setting('inventory.correlation_id', true), ''));
    new.actor := coalesce(
        -- The column's default is the login; what set local says is more exact.
        nullif(new.actor, session_user), nullif(current_setting('inventory.actor', true), ''), session_user
    );
    new.occurred_at := coalesce(new.occurred_at, now());
    return new;
end
$$;

comment on function inventory.stock_ledger_before_insert() is 'Checks a client''s movement and fills in who and why.';

create or replace function inventory.stock_ledger_after_insert() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_short record;
begin
    perform inventory._lock_stock_rows(
        array(select distinct (n.store_id, n.product_id)::inventory.stock_key from new_rows as n)
    );
    select b.* into v_short
    from (
        select s.store_id, s.product_id, s.available, sum(n.on_hand_delta) - sum(n.reserved_delta) as change
        from new_rows as n
        join inventory.inventory_stock as s on s.store_id = n.store_id and s.product_id = n.product_id
        where not s.allow_negative
        group by s.store_id, s.product_id
    ) as b
    where b.available + b.change < 0
    order by b.store_id, b.product_id
    limit 1;
    if found then
        perform inventory._raise_insufficient(v_short.store_id, v_short.product_id, (-v_short.change)::bigint, v_short.available);
    end if;
    with moved as (
        select
            n.movement_id, n.recorded_at, n.store_id, n.product_id,
            (s.on_hand + sum(n.on_hand_delta) over running)::bigint as on_hand_after,
            (s.reserved + sum(n.reserved_delta) over running)::bigint as reserved_after,
            s.version + row_number() over running as version
        from new_rows as n
        join inventory.inventory_stock as s on s.store_id = n.store_id and s.product_id = n.product_id
        window running as (partition by n.store_id, n.product_id order by n.movement_id)
    ),
    filled as (
        update inventory.stock_ledger as l set
            on_hand_after = m.on_hand_after, reserved_after = m.reserved_after, version = m.version
        from moved as m
        where l.store_id = m.store_id and l.product_id = m.product_id and l.version = -m.movement_id
            and l.recorded_at = m.recorded_at
    )
    update inventory.inventory_stock as s set
        on_hand = m.on_hand_after, reserved = m.reserved_after, version = m.version,
        on_hand_delta = 0, reserved_delta = 0, updated_at = clock_timestamp()
    from (
        select distinct on (m.store_id, m.product_id) m.*
        from moved as m
        order by m.store_id, m.product_id, m.version desc
    ) as m
    where s.store_id = m.store_id and s.product_id = m.product_id;
    return null;
end
$$;

comment on function inventory.stock_ledger_after_insert() is
    'Applies a client''s movements to the stock rows, one UPDATE per stock row, and fills in balances and versions.';

-- as: inventory_owner
create or replace trigger before_10_insert
    before insert on inventory.stock_ledger
    for each row when (current_user <> 'inventory_engine')
    execute function inventory.stock_ledger_before_insert();

create or replace trigger after_10_insert
    after insert on inventory.stock_ledger
    referencing new table as new_rows
    for each statement
    when (current_user <> 'inventory_engine' and current_setting('session_replication_role') <> 'replica')
    execute function inventory.stock_ledger_after_insert();

alter table inventory.stock_ledger enable always trigger before_10_insert;
alter table inventory.stock_ledger enable always trigger after_10_insert;
comment on trigger before_10_insert on inventory.stock_ledger is 'Checks and completes a client''s movement.';
comment on trigger after_10_insert on inventory.stock_ledger is 'Applies clients'' movements to the stock rows.';
