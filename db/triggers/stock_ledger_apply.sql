-- A client's plain INSERT into stock_ledger is applied to inventory_stock, set-based and at the end of the statement: only then
-- are its stock rows known and can be locked in key order, so that two such statements never deadlock.
-- Our own functions write movements that are applied already: into stock_ledger_months, where this trigger is not.
-- Until then a row has no balance, and for its version a random negative number, by which the index finds it: with one number
-- for all, many movements of one stock row would be looked up quadratically. RETURNING shows this state.
create or replace function inventory.stock_ledger_after_insert() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_wrong record;
    v_short record;
    v_far record;
    v_pending record;
    v_context record;
    v_keys inventory.stock_key[];
    v_moved bigint;
    v_keeps_lots boolean;
begin
    if current_setting('session_replication_role') = 'replica' then
        if inventory._is_replicating() or not exists (select from new_rows as n where n.version <= 0) then
            return null;
        end if;
        raise exception 'a movement inserted under session_replication_role = replica must carry its version'
            using errcode = 'SD009',
            detail = 'In this role the movement is taken as it is, and its stock row is expected to come with it.',
            hint = 'Insert it in the role origin, where it is applied to its stock row.';
    end if;
    select n.kind, n.store_id, n.product_id, n.occurred_at, s.store_id as known_store_id, p.product_id as known_product_id
    into v_wrong
    from new_rows as n
    left join inventory.stores as s on s.store_id = n.store_id
    left join inventory.products as p on p.product_id = n.product_id
    where s.store_id is null or p.product_id is null or n.kind <> all (inventory.movement_kinds())
        or n.kind in ('direct', 'reservation', 'release') or not isfinite(n.occurred_at)
        or length(n.reason) > 2000 or length(n.reference) > 500 or length(n.actor) > 200 or length(n.correlation_id) > 200
    limit 1;
    if found then
        perform inventory._raise_wrong_movement(
            v_wrong.kind, v_wrong.store_id, v_wrong.product_id, v_wrong.occurred_at, v_wrong.known_store_id is not null,
            v_wrong.known_product_id is not null
        );
    end if;
    v_keys := array(select distinct (n.store_id, n.product_id)::inventory.stock_key from new_rows as n);
    perform inventory._lock_stock_rows(v_keys);
    select b.* into v_short
    from (
        select
            s.store_id, s.product_id, s.available,
            sum(n.on_hand_delta) - sum(n.reserved_delta) as change,
            not s.allow_negative and s.available + sum(n.on_hand_delta) - sum(n.reserved_delta) < 0 as is_short,
            -- A bound of every balance on the way; what is within it cannot overflow.
            s.on_hand + sum(greatest(n.on_hand_delta, 0)) > 9223372036854775807
                or s.available + sum(least(n.on_hand_delta, 0)) < -9223372036854775808 as is_far
        from new_rows as n
        join inventory.inventory_stock as s on s.store_id = n.store_id and s.product_id = n.product_id
        group by s.store_id, s.product_id
    ) as b
    where b.is_short or b.is_far
    order by b.is_short desc, b.store_id, b.product_id
    limit 1;
    if v_short.is_short then
        perform inventory._raise_insufficient(v_short.store_id, v_short.product_id, -v_short.change, v_short.available);
    elsif v_short.is_far then
        select b.* into v_far
        from (
            select
                s.store_id, s.product_id, s.on_hand, s.reserved,
                s.on_hand + sum(n.on_hand_delta) over (partition by n.store_id, n.product_id order by n.movement_id) as balance
            from new_rows as n
            join inventory.inventory_stock as s on s.store_id = n.store_id and s.product_id = n.product_id
        ) as b
        where b.balance > 9223372036854775807 or b.balance - b.reserved < -9223372036854775808
        limit 1;
        if found then
            perform inventory._raise_out_of_range(
                v_far.store_id, v_far.product_id, v_far.on_hand, v_far.reserved, v_far.balance - v_far.on_hand
            );
        end if;
    end if;
    -- The same statement made the stock row, and the trigger that gives it its version comes after this one.
    select s.store_id, s.product_id into v_pending
    from inventory.inventory_stock as s
    join unnest(v_keys) as k on k.store_id = s.store_id and k.product_id = s.product_id
    where s.version = -1 or (s.version = 1 and exists (
        select from inventory.stock_version_kept as v
        where v.store_id = s.store_id and v.product_id = s.product_id and v.version > 1
    ))
    limit 1;
    if found then
        perform inventory._raise_pending(v_pending.store_id, v_pending.product_id);
    end if;
    select c.* into v_context from inventory._writer_context() as c;
    with moved as (
        select
            n.movement_id, n.recorded_at, n.store_id, n.product_id,
            n.version as unfilled,
            (s.on_hand + sum(n.on_hand_delta) over running)::bigint as on_hand_after,
            (s.reserved + sum(n.reserved_delta) over running)::bigint as reserved_after,
            s.version + row_number() over running as version
        from new_rows as n
        join inventory.inventory_stock as s on s.store_id = n.store_id and s.product_id = n.product_id
        window running as (partition by n.store_id, n.product_id order by n.movement_id)
    ),
    filled as (
        update inventory.stock_ledger_months as l set
            on_hand_after = m.on_hand_after, reserved_after = m.reserved_after, version = m.version,
            xid = pg_current_xact_id(),
            reason = coalesce(l.reason, v_context.reason),
            reference = coalesce(l.reference, v_context.reference),
            correlation_id = coalesce(l.correlation_id, v_context.correlation_id),
            -- The column's default is the login; what set local says is more exact.
            actor = case when l.actor = session_user then v_context.actor else l.actor end
        from moved as m
        where l.store_id = m.store_id and l.product_id = m.product_id and l.version = m.unfilled
            and l.movement_id = m.movement_id and l.recorded_at = m.recorded_at
    ),
    applied as (
        update inventory.inventory_stock as s set
            on_hand = m.on_hand_after, reserved = m.reserved_after, version = m.version, updated_at = clock_timestamp()
        from (
            select distinct on (m.store_id, m.product_id) m.*
            from moved as m
            order by m.store_id, m.product_id, m.version desc
        ) as m
        where s.store_id = m.store_id and s.product_id = m.product_id
        returning s.keeps_lots
    )
    select count(*), bool_or(a.keeps_lots) into v_moved, v_keeps_lots from applied as a;
    if v_moved <> cardinality(v_keys) then
        raise exception 'the store or the product of a movement was deleted meanwhile' using errcode = 'SD006';
    end if;
    if v_keeps_lots then
        perform inventory._post_change(m.store_id, m.product_id, m.version, m.on_hand_delta, m.occurred_at)
        from (
            select
                n.store_id, n.product_id, n.on_hand_delta, n.occurred_at, n.movement_id,
                s.version - count(*) over whole + row_number() over running as version
            from new_rows as n
            join inventory.inventory_stock as s on s.store_id = n.store_id and s.product_id = n.product_id
            where s.keeps_lots
            window
                running as (partition by n.store_id, n.product_id order by n.movement_id),
                whole as (partition by n.store_id, n.product_id)
            order by n.movement_id
        ) as m;
    end if;
    return null;
end
$$;

comment on function inventory.stock_ledger_after_insert() is
    'Applies a client''s movements to the stock rows, one UPDATE per stock row, and fills in balances and versions.';

-- as: inventory_owner
create or replace trigger after_10_insert
    after insert on inventory.stock_ledger
    referencing new table as new_rows
    for each statement
    when (current_user <> 'inventory_engine')
    execute function inventory.stock_ledger_after_insert();

alter table inventory.stock_ledger enable always trigger after_10_insert;
comment on trigger after_10_insert on inventory.stock_ledger is 'Applies clients'' movements to the stock rows.';
