-- Everything new since a position, coalesced to keys, with their rows as they are in the same snapshot.
-- One read of stockd. New are exactly the rows of transactions at or above xmax, or in progress, of the position that are
-- visible now (PgQ's rule): nothing waits for a long transaction and nothing is scanned twice.
--   in_since    no unread row was recorded before it; an hour's margin for a clock that is set back. One that is still to come was
--               taken before the clock was set back by more, and tells nothing
-- Rows: first kind P (position: detail {snapshot, taken_us, feed_rows}); then S stock row (version null: deleted),
-- p product, s store (detail null: deleted), c canary (detail {nonce}).
-- Raises SD002 when a dump was restored in place of what the position is of, SD003 when rows that the position needs were let go, 40001 when that happened after the snapshot of the transaction. Reads only; runs in the caller's snapshot (STABLE).
-- The planner settings: the plan must be the index one whatever the statistics say, and cached (0.1 ms against 150 ms).
create or replace function inventory._drain(in_xmax xid8, in_xip xid8[], in_since timestamptz)
returns table (
    kind "char", store_id bigint, product_id bigint, on_hand bigint, reserved bigint, low_stock_threshold bigint,
    allow_negative boolean, version bigint, updated_at timestamptz, detail jsonb
)
language plpgsql stable security definer
rows 100
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
#variable_conflict use_column
declare
    v_now pg_snapshot := pg_current_snapshot();
    v_end xid8 := pg_snapshot_xmax(v_now);
    v_since timestamptz := case when now() < in_since then '-infinity' else in_since - interval '1 hour' end;
    v_movement_floor bigint;
    v_event_floor bigint;
    v_is_restored boolean;
begin
    select e.movement_id_floor, e.event_seq_floor, e.table_oid <> e.tableoid
    into v_movement_floor, v_event_floor, v_is_restored
    from inventory.epoch as e;
    -- No row of the feed tells of what a dump puts back in place.
    if v_is_restored then
        raise exception 'the database became another incarnation'
            using errcode = 'SD002', detail = 'A dump was restored in its place.';
    end if;
    return query
    with moved as materialized (
        -- OFFSET keeps the grouping out of the choice of the index: for a month that was empty when it was analysed all plans cost
        -- the same, and the order of the index (store_id, product_id, version) would be read whole for it.
        select l.store_id, l.product_id, count(*) as feed_rows
        from (
            select m.store_id, m.product_id
            from inventory.stock_ledger as m
            where ((m.xid >= in_xmax and m.xid < v_end) or m.xid = any (in_xip))
                and m.recorded_at >= v_since
                and m.movement_id > v_movement_floor
                and pg_visible_in_snapshot(m.xid, v_now)
            offset 0
        ) as l
        group by l.store_id, l.product_id
    ),
    -- The sum keeps the floor out of the choice of the index: where many events are of one transaction, as after an import of products, the
    -- index of (product_id, event_seq), read whole, seems cheaper than the one of xid.
    happened as materialized (
        select e.type, e.event_id, e.store_id, e.product_id
        from inventory.inventory_event as e
        where ((e.xid >= in_xmax and e.xid < v_end) or e.xid = any (in_xip))
            and e.event_seq + 0 > v_event_floor
            and pg_visible_in_snapshot(e.xid, v_now)
    ),
    stock_keys as materialized (
        select m.store_id, m.product_id from moved as m
        union
        select h.store_id, h.product_id from happened as h where h.store_id is not null and h.product_id is not null
    ),
    product_keys as materialized (
        select distinct h.product_id from happened as h where h.product_id is not null and h.store_id is null
    ),
    store_keys as materialized (
        select distinct h.store_id from happened as h where h.store_id is not null and h.product_id is null
    )
    select
        'P'::"char", null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::boolean, null::bigint,
        null::timestamptz,
        jsonb_build_object(
            'snapshot', v_now::text,
            'taken_us', inventory._unix_us(now()),
            'feed_rows', coalesce((select sum(m.feed_rows) from moved as m), 0)
                + (select count(*) from happened as h where h.type <> 'canary')
        )
    union all
    select
        's'::"char", k.store_id, null, null, null, null, null, null, null,
        case when s.code is not null then jsonb_build_object('code', s.code, 'name', s.name, 'active', s.active) end
    from store_keys as k
    left join lateral (
        select t.code, t.name, t.active from inventory.stores as t where t.store_id = k.store_id offset 0
    ) as s on true
    union all
    select
        'p'::"char", null, k.product_id, null, null, null, null, null, null,
        case when p.sku is not null then jsonb_build_object(
            'sku', p.sku, 'name', p.name, 'pieces_per_pack', p.pieces_per_pack, 'packs_per_box', p.packs_per_box,
            'active', p.active, 'updated_us', inventory._unix_us(p.updated_at)
        ) end
    from product_keys as k
    left join lateral (
        select t.sku, t.name, t.pieces_per_pack, t.packs_per_box, t.active, t.updated_at
        from inventory.products as t where t.product_id = k.product_id offset 0
    ) as p on true
    union all
    select
        'S'::"char", k.store_id, k.product_id, s.on_hand, s.reserved, s.low_stock_threshold, s.allow_negative, s.version,
        s.updated_at, null
    from stock_keys as k
    left join lateral (
        select t.on_hand, t.reserved, t.low_stock_threshold, t.allow_negative, t.version, t.updated_at
        from inventory.inventory_stock as t where t.store_id = k.store_id and t.product_id = k.product_id offset 0
    ) as s on true
    union all
    select 'c'::"char", null, null, null, null, null, null, null, null, jsonb_build_object('nonce', h.event_id)
    from happened as h
    where h.type = 'canary';
    perform inventory._check_not_released(in_xmax, in_xip);
end
$$;

comment on function inventory._drain(xid8, xid8[], timestamptz) is
    'For stockd: what is new since a position, as keys with their current rows, and the position that follows.';
