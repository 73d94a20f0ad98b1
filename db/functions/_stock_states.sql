-- The states that a stock row went through since it was folded, in order: one per movement and per change of its threshold, each with its
-- transaction, and its deletion. The versions are the order of the movements; a time of a movement may be taken before its row was locked,
-- so each counts as at least as late as those before it. A change of the threshold is dated while the row is locked, and takes its place by
-- that.
--   in_first_version  of its first movement since; null when there was none
--   in_available, in_threshold  as folded; null for a row that was not
--   in_threshold_now  as it is; null for a row that is gone
-- Returns a number for the order, the transaction, when it was recorded, and what was available at which threshold after it; is_end: the
-- row was deleted. Of several deletions only the last is known, the others are movements to zero.
-- Reads: stock_ledger, inventory_event, fold_state, stock_version_kept, inventory_stock.
create or replace function inventory._stock_states(
    in_store_id bigint, in_product_id bigint, in_first_version bigint, in_available bigint, in_threshold bigint, in_threshold_now bigint
)
returns table (n bigint, xid xid8, recorded_at timestamptz, available bigint, threshold bigint, is_end boolean)
language plpgsql stable
rows 10
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_snapshot pg_snapshot := (select s.snapshot from inventory.fold_state as s);
    -- What made the row, or deleted it, last; before the one comes the other.
    v_deleted_at bigint := (
        select k.version - exists (select from inventory.inventory_stock as s where s.store_id = in_store_id and s.product_id = in_product_id)::integer
        from inventory.stock_version_kept as k
        where k.store_id = in_store_id and k.product_id = in_product_id
    );
    v_step record;
    v_available bigint := in_available;
    v_threshold bigint := coalesce(
        in_threshold,
        (
            select (c.change ->> 'oldValue')::bigint
            from inventory.inventory_event as e
            cross join lateral jsonb_array_elements(e.changes) as c (change)
            where e.product_id = in_product_id and e.store_id = in_store_id and e.type = 'stock_settings_changed'
                and not pg_visible_in_snapshot(e.xid, v_snapshot) and c.change ->> 'field' = 'low_stock_threshold'
            order by e.recorded_at, e.event_seq
            limit 1
        ),
        in_threshold_now
    );
begin
    n := 0;
    for v_step in
        select
            m.xid, max(m.recorded_at) over (order by m.version) as at, m.on_hand_after - m.reserved_after as available, null::bigint as threshold,
            m.version as place, m.version = v_deleted_at as is_end
        from inventory.stock_ledger as m
        where m.store_id = in_store_id and m.product_id = in_product_id and m.version >= in_first_version
        union all
        select e.xid, e.recorded_at, null, (c.change ->> 'newValue')::bigint, e.event_seq, false
        from inventory.inventory_event as e
        cross join lateral jsonb_array_elements(e.changes) as c (change)
        where e.product_id = in_product_id and e.store_id = in_store_id and e.type = 'stock_settings_changed'
            and not pg_visible_in_snapshot(e.xid, v_snapshot) and c.change ->> 'field' = 'low_stock_threshold'
        order by 2, 5
    loop
        v_available := coalesce(v_step.available, v_available);
        v_threshold := coalesce(v_step.threshold, v_threshold);
        n := n + 1;
        xid := v_step.xid;
        recorded_at := v_step.at;
        available := v_available;
        threshold := coalesce(v_threshold, 0);
        is_end := v_step.is_end;
        return next;
    end loop;
end
$$;

comment on function inventory._stock_states(bigint, bigint, bigint, bigint, bigint, bigint) is
    'The states that a stock row went through since it was folded, by movement and by change of its threshold.';
