-- What the views do not have yet: each stock row that may have changed since their position, as it stands in the sums and as it is in the
-- caller's snapshot, own changes included. The one place that says what a stock row counts for; fold_views() folds what it returns and the
-- views ..._now add it up.
--   in_whole  true: every stock row that is not as its shadow says, and what the feed says. false: what the feed says. null: the feed, but
--             everything when there is no position to go on from, or so much is told of since that this costs less (_is_long_tail())
-- Returns a row per stock row: was_... as folded (is_shadowed: there is a shadow), the rest as it is (is_there: there is a stock row; not
-- is_counted: not in the sums). Of the movements since: first_version (null: none), how many, lowest and highest available after one, sold
-- and when, and then the time zone. is_compared: nothing is known of those, for the row was found by comparing. is_set says that its
-- threshold was changed. Rows of stores that the caller may not use are left out.
-- Reads: fold_state, folded_stock, stock_ledger, inventory_event, inventory_stock, stores, products, stock_lots, stock_documents,
-- stock_document_lines. Runs in the caller's snapshot (STABLE). Raises 40001 when the stock was truncated after it was taken.
-- The planner settings: the plan of the tail must be the index one whatever the statistics say, and cached.
create or replace function inventory._unfolded(in_whole boolean default null)
returns setof inventory.unfolded_stock
language plpgsql stable security definer
rows 100
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
#variable_conflict use_column
declare
    v_state inventory.fold_state;
    v_epoch inventory.epoch;
    v_xmax xid8;
    v_xip xid8[];
    v_own bigint[] := inventory._own_stores();
    v_has_position boolean;
    v_is_whole boolean := in_whole;
begin
    select s.* into v_state from inventory.fold_state as s;
    select e.* into v_epoch from inventory.epoch as e;
    v_has_position := inventory._fold_obstacle(v_state, v_epoch) is null;
    v_xmax := pg_snapshot_xmax(v_state.snapshot);
    v_xip := array(select x from pg_snapshot_xip(v_state.snapshot) as x);
    if v_is_whole is null then
        v_is_whole := not v_has_position or inventory._is_long_tail(v_xmax, v_xip, v_epoch);
    end if;
    if v_is_whole then
        -- What the feed tells of is told with its movements, so that a rebuild swallows no crossing.
        return query
            select w.*
            from inventory._unfolded_whole() as w
            left join (select true as is_told, t.store_id, t.product_id from inventory._unfolded(false) as t where in_whole and v_has_position) as t
                on t.store_id = w.store_id and t.product_id = w.product_id
            where t.is_told is null and (v_own is null or w.store_id = any (v_own));
        if in_whole is null or not v_has_position then
            perform inventory._check_not_truncated();
            return;
        end if;
    end if;
    return query
        with moved as materialized (
            select
                l.store_id, l.product_id, min(l.version) as first_version, count(*) as moves,
                min(l.available) as lowest, max(l.available) as highest, max(l.recorded_at) as moved_at,
                bool_or(l.kind = 'purchase') as is_bought,
                -sum(l.on_hand_delta) filter (where l.is_sale) as sold,
                min(l.occurred_at) filter (where l.is_sale) as sold_first, max(l.occurred_at) filter (where l.is_sale) as sold_last
            from (
                select
                    m.store_id, m.product_id, m.version, m.kind, m.on_hand_delta, m.on_hand_after - m.reserved_after as available,
                    m.recorded_at, m.occurred_at, inventory._is_sale(m.kind) as is_sale
                from inventory.stock_ledger as m
                where (m.xid >= v_xmax or m.xid = any (v_xip)) and m.movement_id > v_epoch.movement_id_floor
                    and (v_own is null or m.store_id = any (v_own))
                offset 0
            ) as l
            group by l.store_id, l.product_id
        ),
        happened as materialized (
            select e.type, e.store_id, e.product_id
            from inventory.inventory_event as e
            where (e.xid >= v_xmax or e.xid = any (v_xip)) and e.event_seq + 0 > v_epoch.event_seq_floor
                and (
                    e.type in ('stock_settings_changed', 'cost_changed', 'price_changed')
                    or (
                        e.type in ('product_updated', 'store_updated')
                        and e.changes @? '$[*] ? (@.field == "active" || @.field == "category_id")'
                    )
                )
        ),
        told as materialized (
            select k.store_id, k.product_id, bool_or(k.is_cost) as is_bought, bool_or(k.is_set) as is_set
            from (
                select h.store_id, h.product_id, h.type = 'cost_changed' as is_cost, h.type = 'stock_settings_changed' as is_set
                from happened as h
                where h.store_id is not null and h.product_id is not null
                union all
                select s.store_id, h.product_id, false, false
                from (select distinct h.product_id from happened as h where h.store_id is null) as h
                cross join lateral (
                    select t.store_id from inventory.inventory_stock as t where t.product_id = h.product_id offset 0
                ) as s
                union all
                select h.store_id, s.product_id, false, false
                from (select distinct h.store_id from happened as h where h.product_id is null) as h
                cross join lateral (
                    select t.product_id from inventory.inventory_stock as t where t.store_id = h.store_id offset 0
                ) as s
            ) as k
            where v_own is null or k.store_id = any (v_own)
            group by k.store_id, k.product_id
        ),
        keys as materialized (
            select
                m.store_id, m.product_id, m.first_version, m.moves, m.lowest, m.highest, m.moved_at, m.sold, m.sold_first, m.sold_last,
                m.is_bought or coalesce(t.is_bought, false) as is_bought, coalesce(t.is_set, false) as is_set, t.store_id is not null as is_told
            from moved as m
            left join told as t on t.store_id = m.store_id and t.product_id = m.product_id
            union all
            select t.store_id, t.product_id, null, null, null, null, null, null, null, null, t.is_bought, t.is_set, true
            from told as t
            left join moved as m on m.store_id = t.store_id and m.product_id = t.product_id
            where m.store_id is null
        )
        select
            k.store_id, k.product_id, f.version is not null, s.version is not null,
            coalesce(f.is_counted, false), coalesce(f.is_alerted, false), f.category_id, f.on_hand, f.reserved, f.low_stock_threshold,
            f.cost_value, f.price_value, f.sold_on, f.sold,
            coalesce(s.version is not null and n.active, false), n.category_id, s.version, s.on_hand, s.reserved, s.low_stock_threshold,
            c.unit_cost,
            case
                when s.keeps_lots then l.value + case when s.on_hand = l.quantity then 0 else round((s.on_hand - l.quantity) * c.unit_cost, 6) end
                when s.on_hand = 0 then 0
                else round(s.on_hand * c.unit_cost, 6)
            end,
            n.base_price, case when s.on_hand = 0 then 0 else s.on_hand * n.base_price end,
            k.first_version, k.moves, k.lowest, k.highest, k.is_set, coalesce(k.moved_at, f.moved_at), k.sold, k.sold_first, k.sold_last,
            z.time_zone, false, f.ctid
        from keys as k
        left join lateral (
            select t.version, t.on_hand, t.reserved, t.low_stock_threshold, t.keeps_lots
            from inventory.inventory_stock as t where t.store_id = k.store_id and t.product_id = k.product_id offset 0
        ) as s on true
        left join lateral (
            select
                t.ctid, t.version, t.is_counted, t.is_alerted, t.category_id, t.on_hand, t.reserved, t.low_stock_threshold, t.unit_cost, t.cost_value,
                t.base_price, t.price_value, t.moved_at, t.sold_on, t.sold
            from inventory.folded_stock as t where t.product_id = k.product_id and t.store_id = k.store_id offset 0
        ) as f on true
        -- What no event has told of is as it was: most rows need no look at their product and store.
        left join lateral (
            select p.active and t.active as active, coalesce(p.category_id, 0) as category_id, p.base_price
            from inventory.products as p
            join inventory.stores as t on t.store_id = k.store_id
            where p.product_id = k.product_id and (f.version is null or k.is_told)
            union all
            select f.is_counted, f.category_id, f.base_price
            where f.version is not null and not k.is_told
        ) as n on true
        left join lateral (
            select t.time_zone from inventory.stores as t
            where t.store_id = k.store_id and (k.sold is not null or f.version is null) offset 0
        ) as z on true
        left join lateral (
            select coalesce(sum(o.remaining_quantity), 0)::bigint as quantity, coalesce(sum(o.remaining_value), 0) as value
            from inventory.stock_lots as o
            where s.keeps_lots and o.store_id = k.store_id and o.product_id = k.product_id and o.is_open
        ) as l on true
        left join lateral (
            select case
                when f.version is not null and not k.is_bought then f.unit_cost
                else inventory._last_cost(k.store_id, k.product_id)
            end as unit_cost
        ) as c on true
        where f.version is not null or s.version is not null or k.first_version is not null;
    perform inventory._check_not_truncated();
end
$$;

comment on function inventory._unfolded(boolean) is
    'What the views do not have yet: stock rows as they stand in the sums, and as they are.';
