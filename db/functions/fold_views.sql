-- Folds what changed since the position of the views into them, and moves the position, in one statement and so in one snapshot: readers
-- see all of it or nothing, and nobody waits, for no writer of stock touches what it writes. stockd calls it after each drain; where no
-- stockd runs, call it from cron. One folds at a time; what another one has folded counts.
--   rebuild  true: compares every stock row with the sums and sets right what differs, the sums too. The same happens when the position
--            cannot be gone on from: at the first fold, in a restored copy, after feed rows were let go too early
-- Returns rows_folded, null when another session is folding; why it rebuilt, null when it did not; the low-stock events that it wrote.
-- Writes low_stock_alert for each time that a transaction left a stock row at or below its threshold which was above before, and
-- low_stock_cleared for each time that one rose above (by low_stock_hysteresis_percent), whatever came between two folds. A row that is
-- made low crosses nothing. A row that goes, or whose store or product stops being active, is cleared.
-- Raises 25001 in a transaction that has written already: what it writes could be folded twice. 40001 in REPEATABLE READ when another
-- session folded meanwhile, or truncated the stock; SD003 when feed rows were let go meanwhile: call it again.
-- Reads: what _unfolded() reads, sales_by_day and stock_version_kept. Writes: folded_..., sales_by_day, fold_state, rebuild_requests,
-- inventory_event.
-- Locks: the row of fold_state, tried. inventory_stock in ACCESS SHARE mode, which waits for a TRUNCATE alone. Rows that only it writes.
create or replace function inventory.fold_views(
    rebuild boolean default false, out rows_folded bigint, out rebuilt text, out events_written bigint
)
language plpgsql volatile security definer
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
    v_began_at timestamptz := clock_timestamp();
    v_is_whole boolean;
    v_xip xid8[];
    v_hysteresis bigint := (select s.value::bigint from inventory.settings as s where s.name = 'low_stock_hysteresis_percent');
    v_snapshot pg_snapshot;
    v_late inventory.stock_key[];
    v_moved_stores bigint[];
    v_requests bigint[];
begin
    if pg_current_xact_id_if_assigned() is not null then
        raise exception 'the views cannot be folded in a transaction that has written already'
            using errcode = 'active_sql_transaction', hint = 'Call fold_views() in a transaction of its own.';
    end if;
    perform inventory._check_every_store('fold_views()');
    select s.* into v_state from inventory.fold_state as s for update skip locked;
    if not found then
        return;
    end if;
    -- Before the snapshot of what follows: to an older one a TRUNCATE shows a table that is empty already, and what was told of its rows
    -- would be folded into none of them.
    lock table inventory.inventory_stock in access share mode;
    select e.* into v_epoch from inventory.epoch as e;
    rebuilt := case when fold_views.rebuild then 'asked for' else inventory._fold_obstacle(v_state, v_epoch) end;
    v_is_whole := rebuilt is not null;
    v_xip := array(select x from pg_snapshot_xip(v_state.snapshot) as x);
    if v_is_whole then
        v_requests := array(select r.rebuild_request_id from inventory.rebuild_requests as r);
        -- A copy's epoch is set right by whoever asks which life of the database this is.
        perform inventory.incarnation();
        select e.* into v_epoch from inventory.epoch as e;
        perform set_config('enable_seqscan', 'on', true), set_config('plan_cache_mode', 'force_custom_plan', true);
    end if;

    with changed as materialized (
        select
            c.*,
            c.sold is not null and c.sold_first_day <> c.sold_day as is_spread
        from (
            select
                u.*,
                case when u.sold is not null then inventory._day_at(u.sold_first, u.time_zone) end as sold_first_day,
                case when u.sold is not null then inventory._day_at(u.sold_last, u.time_zone) end as sold_day,
                case when u.is_counted then inventory._stock_status(u.on_hand - u.reserved, u.threshold) end as status,
                case when u.was_counted then inventory._stock_status(u.was_on_hand - u.was_reserved, u.was_threshold) end as was_status
            from inventory._unfolded(v_is_whole) as u
        ) as c
    ),
    -- What each stock row puts into the sums more than it takes out of them: one part, or two when it moved to another category.
    parts as materialized (
        select
            c.product_id, c.store_id, k.category_id, k.takes or k.puts as is_counted, k.puts::integer - k.takes::integer as rows,
            case when k.puts then c.on_hand else 0 end - case when k.takes then c.was_on_hand else 0 end::numeric as on_hand,
            case when k.puts then c.reserved else 0 end - case when k.takes then c.was_reserved else 0 end::numeric as reserved,
            case when k.puts then c.threshold else 0 end - case when k.takes then c.was_threshold else 0 end::numeric as threshold,
            case when k.puts and c.cost_value is not null then c.cost_value else 0 end
            - case when k.takes and c.was_cost_value is not null then c.was_cost_value else 0 end as cost_value,
            case when k.puts and c.price_value is not null then c.price_value else 0 end
            - case when k.takes and c.was_price_value is not null then c.was_price_value else 0 end as price_value,
            (k.puts and c.on_hand > 0)::integer - (k.takes and c.was_on_hand > 0)::integer as with_stock,
            (k.puts and c.status = 'in_stock')::integer - (k.takes and c.was_status = 'in_stock')::integer as in_stock,
            (k.puts and c.status = 'low_stock')::integer - (k.takes and c.was_status = 'low_stock')::integer as low_stock,
            (k.puts and c.status = 'out_of_stock')::integer - (k.takes and c.was_status = 'out_of_stock')::integer as out_of_stock,
            (k.puts and c.cost_value is null)::integer - (k.takes and c.was_cost_value is null)::integer as without_cost,
            (k.puts and c.price_value is null)::integer - (k.takes and c.was_price_value is null)::integer as without_price,
            c.moved_at
        from changed as c
        cross join lateral (
            select c.category_id, c.was_counted and c.was_category_id = c.category_id as takes, true as puts
            where c.is_counted
            union all
            select c.was_category_id, true, false
            where c.was_counted and not (c.is_counted and c.was_category_id = c.category_id)
            union all
            -- What is not counted moves all the same.
            select 0, false, false
            where not c.is_counted and not c.was_counted and c.moved_at is not null
        ) as k
    ),
    of_product as materialized (
        select
            p.product_id, sum(p.on_hand) as on_hand, sum(p.reserved) as reserved, sum(p.threshold) as threshold, sum(p.rows) as stores,
            sum(p.with_stock) as stores_with_stock, sum(p.low_stock) as stores_low, sum(p.out_of_stock) as stores_out,
            sum(p.cost_value) as cost_value, sum(p.without_cost) as stores_without_cost, max(p.moved_at) as moved_at
        from parts as p
        group by p.product_id
    ),
    -- Sums are found one by one, whatever the statistics say: a catalog has far more of them than a fold changes.
    products_changed as (
        update inventory.folded_products as f set
            status = inventory._stock_status(f.on_hand + d.on_hand - f.reserved - d.reserved, f.low_stock_threshold + d.threshold),
            on_hand = f.on_hand + d.on_hand, reserved = f.reserved + d.reserved, low_stock_threshold = f.low_stock_threshold + d.threshold,
            stores = f.stores + d.stores, stores_with_stock = f.stores_with_stock + d.stores_with_stock,
            stores_low = f.stores_low + d.stores_low, stores_out = f.stores_out + d.stores_out, cost_value = f.cost_value + d.cost_value,
            stores_without_cost = f.stores_without_cost + d.stores_without_cost, moved_at = greatest(f.moved_at, d.moved_at)
        from of_product as d
        cross join lateral (
            select t.ctid as place from inventory.folded_products as t where t.product_id = d.product_id offset 0
        ) as t
        where f.ctid = t.place
        returning f.product_id
    ),
    products_made as (
        insert into inventory.folded_products (
            product_id, status, on_hand, reserved, low_stock_threshold, stores, stores_with_stock, stores_low, stores_out, cost_value,
            stores_without_cost, moved_at
        )
        select
            d.product_id, inventory._stock_status(d.on_hand - d.reserved, d.threshold), d.on_hand, d.reserved, d.threshold, d.stores,
            d.stores_with_stock, d.stores_low, d.stores_out, d.cost_value, d.stores_without_cost, d.moved_at
        from of_product as d
        where not exists (select from products_changed as f where f.product_id = d.product_id)
        union all
        -- Products without a stock row.
        select n.product_id, 'out_of_stock', 0, 0, 0, 0, 0, 0, 0, 0, 0, null
        from inventory._products_to_fold(v_is_whole) as n (product_id)
        where not exists (select from of_product as d where d.product_id = n.product_id)
    ),
    of_category as materialized (
        select
            p.store_id, p.category_id, sum(p.rows) as products, sum(p.in_stock) as in_stock, sum(p.low_stock) as low_stock,
            sum(p.out_of_stock) as out_of_stock, sum(p.on_hand) as on_hand, sum(p.reserved) as reserved, sum(p.cost_value) as cost_value,
            sum(p.without_cost) as without_cost, sum(p.price_value) as price_value, sum(p.without_price) as without_price
        from parts as p
        where p.is_counted
        group by p.store_id, p.category_id
    ),
    categories_changed as (
        update inventory.folded_store_categories as f set
            products = f.products + d.products, in_stock = f.in_stock + d.in_stock, low_stock = f.low_stock + d.low_stock,
            out_of_stock = f.out_of_stock + d.out_of_stock, on_hand = f.on_hand + d.on_hand, reserved = f.reserved + d.reserved,
            cost_value = f.cost_value + d.cost_value, without_cost = f.without_cost + d.without_cost,
            price_value = f.price_value + d.price_value, without_price = f.without_price + d.without_price
        from of_category as d
        cross join lateral (
            select t.ctid as place from inventory.folded_store_categories as t
            where t.store_id = d.store_id and t.category_id = d.category_id offset 0
        ) as t
        where f.ctid = t.place
        returning f.store_id, f.category_id
    ),
    categories_made as (
        insert into inventory.folded_store_categories (
            store_id, category_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, cost_value, without_cost, price_value,
            without_price
        )
        select
            d.store_id, d.category_id, d.products, d.in_stock, d.low_stock, d.out_of_stock, d.on_hand, d.reserved, d.cost_value,
            d.without_cost, d.price_value, d.without_price
        from of_category as d
        where not exists (select from categories_changed as f where f.store_id = d.store_id and f.category_id = d.category_id)
    ),
    -- Edits since the position; of those, changes of thresholds and of what is active.
    edits as materialized (
        select e.type, e.store_id, e.product_id, e.xid, e.recorded_at, e.event_seq, e.stock_version, e.changes
        from inventory.inventory_event as e
        where (e.xid >= pg_snapshot_xmax(v_state.snapshot) or e.xid = any (v_xip)) and e.event_seq + 0 > v_epoch.event_seq_floor
            and e.type in ('stock_settings_changed', 'product_updated', 'store_updated')
    ),
    thresholds as materialized (
        select
            e.store_id, e.product_id, e.xid, e.recorded_at, e.event_seq, e.stock_version, (h.change ->> 'newValue')::bigint as threshold,
            (h.change ->> 'oldValue')::bigint as old
        from edits as e
        cross join lateral jsonb_array_elements(e.changes) as h (change)
        where e.type = 'stock_settings_changed' and h.change ->> 'field' = 'low_stock_threshold'
    ),
    turns as materialized (
        select
            e.store_id, e.product_id, e.xid, e.recorded_at, e.event_seq, (h.change ->> 'newValue')::boolean::integer::bigint as active,
            (h.change ->> 'oldValue')::boolean::integer::bigint as old
        from edits as e
        cross join lateral jsonb_array_elements(e.changes) as h (change)
        where e.type in ('product_updated', 'store_updated') and h.change ->> 'field' = 'active'
    ),
    -- Which rows may have crossed their threshold between their folded and their present state; the others stay as they were, which is most.
    watched as materialized (
        select
            c.store_id, c.product_id, c.is_there, c.is_shadowed, c.was_counted, c.was_alerted, c.is_counted, c.first_version,
            c.was_on_hand - c.was_reserved as was_available, c.was_threshold, c.on_hand - c.reserved as available, c.threshold, c.moved_at,
            t.is_turned,
            case
                when c.is_compared then false
                when t.is_turned then true
                when not (c.is_counted or c.was_counted) then false
                when c.is_set then true
                when c.first_version is null then false
                -- Alone, the movement that made or deleted it crosses nothing.
                when not (c.is_shadowed and c.is_there) and c.moves = 1 then false
                when not c.is_shadowed then c.lowest <= c.threshold and c.highest > c.threshold
                when not c.was_counted then true
                when c.was_alerted and c.highest > b.bound then true
                when not c.was_alerted and c.lowest <= coalesce(c.threshold, c.was_threshold) then true
                -- It may have been deleted and made again, which leaves it with nothing for a while.
                when c.lowest <= 0 then exists (
                    select from inventory.stock_version_kept as e
                    where e.store_id = c.store_id and e.product_id = c.product_id and e.version >= c.first_version
                )
                else false
            end as is_suspect,
            case
                when not c.is_counted then false
                when c.on_hand - c.reserved <= c.threshold then true
                when c.on_hand - c.reserved > b.bound or not c.was_alerted then false
                else true
            end as is_alerted
        from changed as c
        cross join lateral (
            select
                coalesce(c.threshold, c.was_threshold) + coalesce(c.threshold, c.was_threshold)::numeric * v_hysteresis / 100 as bound
        ) as b
        cross join lateral (
            select
                not c.is_compared and (
                    c.product_id in (select t.product_id from turns as t where t.store_id is null)
                    or c.store_id in (select t.store_id from turns as t where t.product_id is null)
                ) as is_turned
        ) as t
        where c.is_counted or c.was_counted or c.was_alerted or t.is_turned
    ),
    -- What those rows went through since they were folded. The versions are the order of the movements (a time of a movement may be taken
    -- before its row was locked, so each counts as at least as late as those before it), and of the changes of thresholds, which keep the
    -- version that they came after. What is active is changed beside the row, and takes its place by its time. Of several deletions only
    -- the last is known, the others are movements to zero.
    steps as (
        select
            k.store_id, k.product_id, m.xid, max(m.recorded_at) over (partition by k.store_id, k.product_id order by m.version) as recorded_at,
            m.version, 0 as kind, m.version as seq, m.version = e.version - k.is_there::integer as is_end, m.available,
            null::bigint as threshold, null::bigint as old_threshold, null::bigint as product_active, null::bigint as old_product_active,
            null::bigint as store_active, null::bigint as old_store_active
        from watched as k
        cross join lateral (
            select l.xid, l.recorded_at, l.version, l.on_hand_after - l.reserved_after as available
            from inventory.stock_ledger as l
            where l.store_id = k.store_id and l.product_id = k.product_id and l.version >= k.first_version offset 0
        ) as m
        -- What made the row, or deleted it, last; before the one comes the other.
        left join lateral (
            select t.version from inventory.stock_version_kept as t
            where t.store_id = k.store_id and t.product_id = k.product_id offset 0
        ) as e on true
        where k.is_suspect
        union all
        select
            k.store_id, k.product_id, t.xid, t.recorded_at, t.stock_version, 1, t.event_seq, false, null, t.threshold, t.old, null, null, null, null
        from watched as k
        join thresholds as t on t.store_id = k.store_id and t.product_id = k.product_id
        where k.is_suspect
        union all
        select k.store_id, k.product_id, t.xid, t.recorded_at, null, 2, t.event_seq, false, null, null, null, t.active, t.old, null, null
        from watched as k
        join turns as t on t.product_id = k.product_id and t.store_id is null
        where k.is_suspect
        union all
        select k.store_id, k.product_id, t.xid, t.recorded_at, null, 2, t.event_seq, false, null, null, null, null, null, t.active, t.old
        from watched as k
        join turns as t on t.store_id = k.store_id and t.product_id is null
        where k.is_suspect
    ),
    lives as (
        select s.*, count(*) filter (where s.is_end) over (w rows between unbounded preceding and 1 preceding) as life
        from (
            select s.*, row_number() over (partition by s.store_id, s.product_id order by s.place, s.kind, s.recorded_at, s.seq) as n
            from (
                select
                    s.*,
                    coalesce(
                        s.version, max(s.version) over (partition by s.store_id, s.product_id order by s.recorded_at, s.kind), 0
                    ) as place
                from steps as s
            ) as s
        ) as s
        window w as (partition by s.store_id, s.product_id order by s.n)
    ),
    -- Each step says one thing; the others are as the steps before left them: the last one that says it, as the highest (n, value). At first
    -- they are as they were folded, else as before the first change that is known, else as they are.
    walks as (
        select
            s.store_id, s.product_id, s.n, s.xid, s.recorded_at, coalesce(s.is_end, false) as is_end,
            coalesce(s.last_available[2], k.was_available) as available,
            coalesce(
                s.last_threshold[2], case when s.life = 0 then k.was_threshold end, s.first_threshold[2], k.threshold, k.was_threshold, 0
            ) as threshold,
            case
                when not k.is_turned then case when k.is_there then k.is_counted else k.was_counted end
                else
                    coalesce(s.last_product_active[2], s.first_product_active[2], p.active, 0) = 1
                    and coalesce(s.last_store_active[2], s.first_store_active[2], t.active, 0) = 1
            end as is_counted,
            row_number() over (partition by s.store_id, s.product_id, s.xid order by s.n desc) = 1 as is_last
        from (
            select
                s.*,
                count(s.available) over v as movements,
                max(array[s.n, s.available]) filter (where s.available is not null) over w as last_available,
                max(array[s.n, s.threshold]) filter (where s.threshold is not null) over v as last_threshold,
                min(array[s.n, s.old_threshold]) filter (where s.old_threshold is not null) over (partition by s.store_id, s.product_id, s.life)
                    as first_threshold,
                max(array[s.n, s.product_active]) filter (where s.product_active is not null) over w as last_product_active,
                min(array[s.n, s.old_product_active]) filter (where s.old_product_active is not null)
                    over (partition by s.store_id, s.product_id) as first_product_active,
                max(array[s.n, s.store_active]) filter (where s.store_active is not null) over w as last_store_active,
                min(array[s.n, s.old_store_active]) filter (where s.old_store_active is not null)
                    over (partition by s.store_id, s.product_id) as first_store_active
            from lives as s
            window w as (partition by s.store_id, s.product_id order by s.n),
                v as (partition by s.store_id, s.product_id, s.life order by s.n)
        ) as s
        join watched as k on k.store_id = s.store_id and k.product_id = s.product_id
        left join lateral (
            select t.active::integer::bigint as active from inventory.products as t where k.is_turned and t.product_id = k.product_id offset 0
        ) as p on true
        left join lateral (
            select t.active::integer::bigint as active from inventory.stores as t where k.is_turned and t.store_id = k.store_id offset 0
        ) as t on true
        -- While there is no row, nothing happens to it.
        where s.movements > 0 or s.life = 0 and k.is_shadowed
    ),
    -- Of those, what each transaction left, where that is low or clearly not. What is counted ends with what it is, whatever the times say,
    -- and what is not ends as not low. A row that is made is low or not from the first; that crosses nothing.
    states as materialized (
        select s.*, lag(s.is_low) over w as was_low, lag(s.available) over w as was_available_then
        from (
            select
                l.*,
                case
                    when l.is_end or not l.is_counted then false
                    when l.available <= l.threshold then true
                    when l.is_begin or l.available > l.threshold + l.threshold::numeric * v_hysteresis / 100 then false
                end as is_low
            from (
                select l.*, coalesce(lag(l.is_end) over w, not l.is_shadowed) as is_begin
                from (
                    select
                        k.store_id, k.product_id, t.n, t.recorded_at, t.available, t.threshold, t.is_end, t.is_counted, k.is_shadowed
                    from walks as t
                    join watched as k on k.store_id = t.store_id and k.product_id = t.product_id
                    where t.is_last
                    union all
                    select
                        k.store_id, k.product_id, 9223372036854775807, null, k.available, k.threshold, not k.is_there, k.is_counted, k.is_shadowed
                    from watched as k
                    where k.is_suspect
                ) as l
                window w as (partition by l.store_id, l.product_id order by l.n)
            ) as l
        ) as s
        where s.is_low is not null
        window w as (partition by s.store_id, s.product_id order by s.n)
    ),
    crossings as materialized (
        select
            s.store_id, s.product_id, s.n, s.is_low, coalesce(s.available, 0) as available, coalesce(s.threshold, k.was_threshold) as threshold,
            s.recorded_at, coalesce(s.was_available_then, k.was_available) as was_available
        from states as s
        join watched as k on k.store_id = s.store_id and k.product_id = s.product_id
        where not s.is_begin and s.is_low <> coalesce(s.was_low, k.was_alerted)
        union all
        -- What no movement tells: after a rebuild, and what became or ceased to be counted.
        select
            k.store_id, k.product_id, 0, k.is_alerted, coalesce(k.available, 0), coalesce(k.threshold, k.was_threshold), null, k.was_available
        from watched as k
        where not k.is_suspect and k.is_shadowed and k.is_alerted <> k.was_alerted
    ),
    judged as materialized (
        select
            k.store_id, k.product_id, k.available, k.threshold, k.was_alerted, coalesce(x.is_low, false) as has_fallen,
            case when k.is_suspect then coalesce(s.is_low, k.was_alerted) else k.is_alerted end as is_alerted,
            coalesce(x.recorded_at, case when x.n is null and not k.is_shadowed then k.moved_at end, clock_timestamp()) as since
        from watched as k
        left join (
            select distinct on (x.store_id, x.product_id) x.* from crossings as x order by x.store_id, x.product_id, x.n desc
        ) as x on x.store_id = k.store_id and x.product_id = k.product_id
        left join (
            select distinct on (s.store_id, s.product_id) s.store_id, s.product_id, s.is_low
            from states as s order by s.store_id, s.product_id, s.n desc
        ) as s on s.store_id = k.store_id and s.product_id = k.product_id
    ),
    alerts_changed as (
        update inventory.folded_alerts as f set
            available = k.available, low_stock_threshold = k.threshold, rank = inventory._alert_rank(k.available, f.sold_30),
            since = case when k.has_fallen then k.since else f.since end
        from judged as k
        where f.store_id = k.store_id and f.product_id = k.product_id and k.is_alerted
    ),
    alerts_made as (
        insert into inventory.folded_alerts (store_id, product_id, available, low_stock_threshold, sold_30, rank, since)
        select k.store_id, k.product_id, k.available, k.threshold, v.sold_30, inventory._alert_rank(k.available, v.sold_30), k.since
        from judged as k
        cross join lateral (
            select inventory._sold_30(k.store_id, k.product_id, (now() at time zone t.time_zone)::date) as sold_30
            from inventory.stores as t
            where t.store_id = k.store_id offset 0
        ) as v
        where k.is_alerted
            and not exists (select from inventory.folded_alerts as f where f.store_id = k.store_id and f.product_id = k.product_id)
    ),
    alerts_ended as (
        delete from inventory.folded_alerts as f
        using judged as k
        where f.store_id = k.store_id and f.product_id = k.product_id and k.was_alerted and not k.is_alerted
    ),
    events as (
        insert into inventory.inventory_event (type, store_id, product_id, vendor_id, category_id, changes, actor, rung)
        select
            case when x.is_low then 'low_stock_alert' else 'low_stock_cleared' end, x.store_id, x.product_id, p.vendor_id, p.category_id,
            jsonb_build_array(
                jsonb_build_object('field', 'available', 'oldValue', x.was_available, 'newValue', x.available),
                jsonb_build_object('field', 'low_stock_threshold', 'oldValue', x.threshold, 'newValue', x.threshold)
            ),
            'stockd', (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from crossings as x
        left join lateral (
            select t.vendor_id, t.category_id from inventory.products as t where t.product_id = x.product_id offset 0
        ) as p on true
        order by x.store_id, x.product_id, x.n
        returning 1
    ),
    -- Units sold: of the last day they stay with the shadow, which is written anyway.
    sales as (
        insert into inventory.sales_by_day as f (store_id, product_id, day, sold)
        select d.store_id, d.product_id, d.day, sum(d.sold)
        from (
            select c.store_id, c.product_id, c.was_sold_on as day, c.was_sold as sold
            from changed as c
            where c.was_sold_on < c.sold_day and not c.is_spread or not c.is_there and c.was_sold_on is not null
            union all
            select c.store_id, c.product_id, c.sold_day, c.sold
            from changed as c
            where not c.is_spread and c.sold is not null and (c.sold_day < c.was_sold_on or not c.is_there)
            union all
            select
                c.store_id, c.product_id,
                inventory._day_at(m.occurred_at, c.time_zone),
                -m.on_hand_delta::numeric
            from changed as c
            join inventory.stock_ledger as m on m.store_id = c.store_id and m.product_id = c.product_id and m.version >= c.first_version
                and inventory._is_sale(m.kind)
            where c.is_spread
        ) as d
        group by d.store_id, d.product_id, d.day
        on conflict (store_id, product_id, day) do update set sold = f.sold + excluded.sold
    ),
    shadows_changed as (
        update inventory.folded_stock as f set
            version = c.version, on_hand = c.on_hand, reserved = c.reserved, low_stock_threshold = c.threshold, is_counted = c.is_counted,
            is_alerted = coalesce(k.is_alerted, false), category_id = c.category_id, unit_cost = c.unit_cost, cost_value = c.cost_value,
            base_price = c.base_price, price_value = c.price_value, moved_at = c.moved_at,
            sold_on = case when c.sold is null or c.is_spread or c.sold_day <= f.sold_on then f.sold_on else c.sold_day end,
            sold = case
                when c.sold is null or c.is_spread or c.sold_day < f.sold_on then f.sold
                when c.sold_day = f.sold_on then f.sold + c.sold
                else c.sold
            end
        from changed as c
        left join judged as k on k.store_id = c.store_id and k.product_id = c.product_id
        -- By its place: nobody else writes it, and it was just read.
        where f.ctid = c.shadow and c.is_there
    ),
    shadows_made as (
        insert into inventory.folded_stock (
            store_id, product_id, version, on_hand, reserved, low_stock_threshold, is_counted, is_alerted, category_id, unit_cost, cost_value,
            base_price, price_value, moved_at, sold_on, sold
        )
        select
            c.store_id, c.product_id, c.version, c.on_hand, c.reserved, c.threshold, c.is_counted, coalesce(k.is_alerted, false),
            c.category_id, c.unit_cost, c.cost_value, c.base_price, c.price_value, c.moved_at, case when not c.is_spread then c.sold_day end,
            case when c.sold is not null and not c.is_spread then c.sold else 0 end
        from changed as c
        left join judged as k on k.store_id = c.store_id and k.product_id = c.product_id
        where not c.is_shadowed and c.is_there
    ),
    shadows_ended as (
        delete from inventory.folded_stock as f
        using changed as c
        where f.ctid = c.shadow and not c.is_there
    )
    select
        -- Its own transaction has an id by now, and counts as still to come.
        inventory._settled_snapshot(pg_current_snapshot()), (select count(*) from changed), (select count(*) from events),
        (
            select array_agg((c.store_id, c.product_id)::inventory.stock_key)
            from changed as c
            where c.sold_first_day < (now() at time zone c.time_zone)::date
        ),
        -- Stores whose days begin at another hour now.
        (
            select array_agg(distinct e.store_id)
            from edits as e
            where not v_is_whole and e.type = 'store_updated' and e.changes @? '$[*] ? (@.field == "time_zone")'
        )
    into v_snapshot, rows_folded, events_written, v_late, v_moved_stores;
    -- Sales of days that are over count for the rank, and are there only now.
    if v_late is not null then
        update inventory.folded_alerts as a set sold_30 = v.sold_30, rank = inventory._alert_rank(a.available, v.sold_30)
        from unnest(v_late) as k
        join inventory.stores as t on t.store_id = k.store_id
        cross join lateral (
            select inventory._sold_30(k.store_id, k.product_id, (now() at time zone t.time_zone)::date) as sold_30 offset 0
        ) as v
        where a.store_id = k.store_id and a.product_id = k.product_id and a.sold_30 <> v.sold_30;
    end if;

    if v_is_whole then
        perform inventory._rebuild_sums(v_snapshot, v_epoch.movement_id_floor);
        delete from inventory.rebuild_requests as r where r.rebuild_request_id = any (v_requests);
    elsif v_moved_stores is not null then
        perform inventory._count_sales(v_snapshot, v_epoch.movement_id_floor, v_moved_stores);
        delete from inventory.folded_stores as d where d.store_id = any (v_moved_stores);
        perform inventory._turn_day(false);
    end if;
    if not v_is_whole and v_state.turned_at is distinct from date_bin('15 minutes', now(), 'epoch') then
        perform inventory._turn_day(false);
    end if;
    update inventory.fold_state as s set
        turned_at = date_bin('15 minutes', now(), 'epoch'),
        snapshot = v_snapshot,
        epoch = v_epoch.epoch,
        folded_at = clock_timestamp(),
        fold_duration = clock_timestamp() - v_began_at,
        rows_folded = s.rows_folded + fold_views.rows_folded,
        folds = s.folds + 1,
        rebuilt_at = case when v_is_whole then clock_timestamp() else s.rebuilt_at end,
        rebuild_duration = case when v_is_whole then clock_timestamp() - v_began_at else s.rebuild_duration end,
        rebuild_reason = case when v_is_whole then rebuilt else s.rebuild_reason end;
    if not v_is_whole then
        perform inventory._check_not_released(
            pg_snapshot_xmax(v_state.snapshot), array(select x from pg_snapshot_xip(v_state.snapshot) as x)
        );
    end if;
end
$$;

comment on function inventory.fold_views(boolean) is
    'Folds what changed into the views; rebuilds them when asked to, or when their position cannot be gone on from.';
