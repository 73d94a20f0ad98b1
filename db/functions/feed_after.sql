-- The public feed: movements and events after a position, in whole transactions, ordered by transaction and recording.
-- Every row carries the same feed_position: store it when the rows are handled, and pass it next time. No rows: nothing new,
-- keep the position that you have.
--   limit       soft: the last transaction is never split. 1 to 100 000.
-- Raises SD001 (no position), SD002 (another incarnation), SD003 (too old), SD004 (standby), SD007 (from the future), 22023 (limit), 40001 (a month
-- was let go since the transaction's snapshot).
-- The rule for a position in the middle: c is the last transaction delivered, S the given snapshot, N now.
--   c >= xmax(S):  xmax' = c + 1,     xip' = {x in xip(N), x <= c}
--   c <  xmax(S):  xmax' = xmax(S),   xip' = {x in xip(S), x > c or x in xip(N)}
-- New are the transactions that S lists and that have ended since, and those from xmax(S) on: the first are looked up, the
-- second read in the order of the index up to the limit, so that a call costs what it delivers, whatever the backlog.
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
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
#variable_conflict use_column
declare
    v_from record;
    -- Later statements see more than v_now; what it does not cover is left for the next call.
    v_now pg_snapshot;
    v_now_us bigint := inventory._unix_us(now());
    v_since timestamptz;
    v_xmax xid8;
    v_end xid8;
    v_ended xid8[];
    v_movement_floor bigint;
    v_event_floor bigint;
    v_last xid8;
    v_next text;
    -- Null for all. The limit counts the rows that are delivered, so that others' backlog is passed over in one call.
    v_own bigint[] := inventory._own_stores();
begin
    if feed_after.limit is null or feed_after.limit not between 1 and 100000 then
        raise exception 'the limit must be from 1 to 100000, not %', feed_after.limit using errcode = '22023';
    end if;
    select * into v_from from inventory._usable_position(feed_after.position);
    v_now := inventory._settled_snapshot(pg_current_snapshot());
    -- A position that was taken later than now: the clock was set back, and when unread rows were recorded is not known.
    v_since := case
        when v_now_us < v_from.taken_us then '-infinity'
        else to_timestamp(v_from.since_us / 1000000.0) - interval '1 hour'
    end;
    v_xmax := pg_snapshot_xmax(v_from.snapshot);
    v_end := pg_snapshot_xmax(v_now);
    v_ended := array(
        select x from pg_snapshot_xip(v_from.snapshot) as x where pg_visible_in_snapshot(x, v_now) order by x
    );
    select e.movement_id_floor, e.event_seq_floor into v_movement_floor, v_event_floor from inventory.epoch as e;

    select max(t.xid) into v_last
    from (
        select u.xid
        from (
            (
                select x.xid
                from unnest(v_ended) with ordinality as x (xid, place)
                cross join lateral (
                    (
                        select from inventory.stock_ledger as l
                        where l.xid = x.xid and l.recorded_at >= v_since and l.movement_id > v_movement_floor
                            and (v_own is null or l.store_id = any (v_own))
                        limit feed_after.limit
                    )
                    union all
                    (
                        select from inventory.inventory_event as e
                        where e.xid = x.xid and e.event_seq + 0 > v_event_floor and e.type <> 'canary'
                            and (v_own is null or e.store_id is null or e.store_id = any (v_own))
                        limit feed_after.limit
                    )
                ) as r
                order by x.place
                limit feed_after.limit
            )
            union all
            (
                select l.xid from inventory.stock_ledger as l
                where l.xid >= v_xmax and l.xid < v_end and l.recorded_at >= v_since and l.movement_id > v_movement_floor
                    and pg_visible_in_snapshot(l.xid, v_now) and (v_own is null or l.store_id = any (v_own))
                order by l.xid
                limit feed_after.limit
            )
            union all
            (
                select e.xid from inventory.inventory_event as e
                where e.xid >= v_xmax and e.xid < v_end and e.event_seq + 0 > v_event_floor and e.type <> 'canary'
                    and pg_visible_in_snapshot(e.xid, v_now)
                    and (v_own is null or e.store_id is null or e.store_id = any (v_own))
                order by e.xid
                limit feed_after.limit
            )
        ) as u
        order by u.xid
        limit feed_after.limit
    ) as t
    having count(*) = feed_after.limit;

    v_next := inventory._position_after(
        v_from.incarnation, v_from.snapshot, v_from.since_us, v_from.taken_us, v_now, v_now_us, v_last
    );
    if v_last is not null then
        v_end := least(v_end, (v_last::text::bigint + 1)::text::xid8);
        v_ended := array(select x from unnest(v_ended) as x where x <= v_last);
    end if;

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
        from (
            select m.* from inventory.stock_ledger as m where m.xid = any (v_ended) and m.recorded_at >= v_since
            union all
            select m.* from inventory.stock_ledger as m where m.xid >= v_xmax and m.xid < v_end and m.recorded_at >= v_since
        ) as l
        where l.movement_id > v_movement_floor and pg_visible_in_snapshot(l.xid, v_now)
        union all
        select
            e.xid, 'event', e.type, e.store_id, e.product_id, null, null, null, null, null, null, e.event_id, e.changes,
            null, null, e.actor, e.correlation_id, null, e.recorded_at, e.event_seq
        from (
            select h.* from inventory.inventory_event as h where h.xid = any (v_ended)
            union all
            select h.* from inventory.inventory_event as h where h.xid >= v_xmax and h.xid < v_end
        ) as e
        where e.event_seq + 0 > v_event_floor and e.type <> 'canary' and pg_visible_in_snapshot(e.xid, v_now)
    ) as r
    left join lateral (select t.code from inventory.stores as t where t.store_id = r.store_id offset 0) as s on true
    left join lateral (select t.sku from inventory.products as t where t.product_id = r.product_id offset 0) as p on true
    where v_own is null or r.store_id is null or r.store_id = any (v_own)
    order by r.xid, r.recorded_at, r.source, r.ordinal;
    perform inventory._check_not_released(v_xmax, array(select x from pg_snapshot_xip(v_from.snapshot) as x));
end
$$;

comment on function inventory.feed_after(text, integer) is
    'The change feed after a position, in whole transactions. "limit" (1 to 100 000 rows) is soft: the last transaction comes whole. Store feed_position when the rows are handled; pass it next time.';
