-- The public feed: movements and events after a position, in whole transactions, ordered by transaction and recording.
-- Every row carries the same feed_position: store it when the rows are handled, and pass it next time. No rows: nothing new,
-- keep the position that you have.
--   limit       soft: the last transaction is never split. 1 to 100 000.
-- Raises SD001 (no position), SD002 (another incarnation), SD003 (too old), SD004 (standby), 22023 (limit).
-- The rule for a position in the middle: c is the last transaction delivered, S the given snapshot, N now.
--   c >= xmax(S):  xmax' = c + 1,     xip' = {x in xip(N), x <= c}
--   c <  xmax(S):  xmax' = xmax(S),   xip' = {x in xip(S), x > c or x in xip(N)}
create or replace function inventory.feed_after("position" text, "limit" integer default 1000)
returns table (
    feed_position text, ticket text, source text, type text, store text, sku text, on_hand_delta bigint,
    reserved_delta bigint, on_hand_after bigint, reserved_after bigint, version bigint, movement_id bigint, event_id uuid,
    changes jsonb, reason text, reference text, actor text, correlation_id text, occurred_at timestamptz,
    recorded_at timestamptz
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
#variable_conflict use_column
declare
    v_incarnation text := inventory.incarnation();
    v_from record;
    v_xmax xid8;
    v_xip xid8[];
    v_since timestamptz;
    v_now pg_snapshot;
    v_now_us bigint := inventory._unix_us(now());
    v_movement_floor bigint;
    v_event_floor bigint;
    v_last xid8;
    v_next text;
begin
    if feed_after.limit is null or feed_after.limit not between 1 and 100000 then
        raise exception 'the limit must be from 1 to 100000, not %', feed_after.limit using errcode = '22023';
    end if;
    select * into v_from from inventory._parse_position(feed_after.position);
    if v_from.incarnation <> v_incarnation then
        raise exception 'the position is of another incarnation of this database'
            using errcode = 'SD002',
            detail = format('The position is of %s, this is %s.', v_from.incarnation, v_incarnation),
            hint = 'The database was failed over, restored or crashed: read the tables anew and go on from inventory.position().';
    end if;
    v_xmax := pg_snapshot_xmax(v_from.snapshot);
    v_xip := array(select x from pg_snapshot_xip(v_from.snapshot) as x);
    v_since := to_timestamp(v_from.since_us / 1000000.0) - interval '1 hour';
    perform inventory._check_not_released(v_xmax, v_xip);
    select e.movement_id_floor, e.event_seq_floor into v_movement_floor, v_event_floor from inventory.epoch as e;

    -- One statement, one snapshot: where this answer ends.
    select n.now, (
        select max(t.xid) from (
            select u.xid from (
                select l.xid from inventory.stock_ledger as l
                where ((l.xid >= v_xmax and l.xid < pg_snapshot_xmax(n.now)) or l.xid = any (v_xip))
                    and l.recorded_at >= v_since and l.movement_id > v_movement_floor
                    and pg_visible_in_snapshot(l.xid, n.now)
                union all
                select e.xid from inventory.inventory_event as e
                where ((e.xid >= v_xmax and e.xid < pg_snapshot_xmax(n.now)) or e.xid = any (v_xip))
                    and e.event_seq > v_event_floor and e.type <> 'canary'
                    and pg_visible_in_snapshot(e.xid, n.now)
            ) as u
            order by u.xid
            limit feed_after.limit
        ) as t
        having count(*) = feed_after.limit
    )
    into v_now, v_last
    from (select pg_current_snapshot() as now) as n;

    v_next := inventory._position_after(v_incarnation, v_from.snapshot, v_from.since_us, v_from.taken_us, v_now, v_now_us, v_last);

    -- Later statements see more than v_now; what v_now does not cover is left for the next call.
    return query
    select
        v_next, r.xid::text, r.source, r.type, s.code, p.sku, r.on_hand_delta, r.reserved_delta, r.on_hand_after,
        r.reserved_after, r.version, r.movement_id, r.event_id, r.changes, r.reason, r.reference, r.actor,
        r.correlation_id, r.occurred_at, r.recorded_at
    from (
        select
            l.xid, 'movement' as source, l.kind as type, l.store_id, l.product_id, l.on_hand_delta, l.reserved_delta,
            l.on_hand_after, l.reserved_after, l.version, l.movement_id, null::uuid as event_id, null::jsonb as changes,
            l.reason, l.reference, l.actor, l.correlation_id, l.occurred_at, l.recorded_at, l.movement_id as ordinal
        from inventory.stock_ledger as l
        where ((l.xid >= v_xmax and l.xid < pg_snapshot_xmax(v_now)) or l.xid = any (v_xip))
            and (v_last is null or l.xid <= v_last)
            and l.recorded_at >= v_since and l.movement_id > v_movement_floor
            and pg_visible_in_snapshot(l.xid, v_now)
        union all
        select
            e.xid, 'event', e.type, e.store_id, e.product_id, null, null, null, null, null, null, e.event_id, e.changes,
            null, null, e.actor, e.correlation_id, null, e.recorded_at, e.event_seq
        from inventory.inventory_event as e
        where ((e.xid >= v_xmax and e.xid < pg_snapshot_xmax(v_now)) or e.xid = any (v_xip))
            and (v_last is null or e.xid <= v_last)
            and e.event_seq > v_event_floor and e.type <> 'canary'
            and pg_visible_in_snapshot(e.xid, v_now)
    ) as r
    left join lateral (select t.code from inventory.stores as t where t.store_id = r.store_id offset 0) as s on true
    left join lateral (select t.sku from inventory.products as t where t.product_id = r.product_id offset 0) as p on true
    order by r.xid, r.recorded_at, r.source, r.ordinal;
end
$$;

comment on function inventory.feed_after(text, integer) is
    'The change feed after a position, in whole transactions. Store feed_position when the rows are handled; pass it next time.';
