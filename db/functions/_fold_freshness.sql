-- How fresh the folded sums are in the caller's snapshot: one row.
-- Reads: fold_state, epoch, stock_ledger, inventory_event, folded_analytics. STABLE.
create or replace function inventory._fold_freshness(
    out position_hash text, out age interval, out rows_waiting bigint, out folded_at timestamptz, out fold_duration interval,
    out rebuilt_at timestamptz, out rebuild_duration interval, out rebuild_reason text, out analytics_at timestamptz,
    out analytics_duration interval
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
    v_state inventory.fold_state;
    v_epoch inventory.epoch;
    v_xmax xid8;
    v_xip xid8[];
    v_oldest timestamptz;
begin
    select s.* into v_state from inventory.fold_state as s;
    select e.* into v_epoch from inventory.epoch as e;
    folded_at := v_state.folded_at;
    fold_duration := v_state.fold_duration;
    rebuilt_at := v_state.rebuilt_at;
    rebuild_duration := v_state.rebuild_duration;
    rebuild_reason := v_state.rebuild_reason;
    select a.as_of, a.duration into analytics_at, analytics_duration from inventory.folded_analytics as a where a.scope = 'overall' and a.id = 0;
    if inventory._fold_obstacle(v_state, v_epoch) is not null then
        return;
    end if;
    v_xmax := pg_snapshot_xmax(v_state.snapshot);
    v_xip := array(select x from pg_snapshot_xip(v_state.snapshot) as x);
    position_hash := left(md5(v_state.epoch::text || v_state.snapshot::text), 8);
    select count(*), min(w.recorded_at) into rows_waiting, v_oldest
    from (
        (
            select m.recorded_at from inventory.stock_ledger as m
            where (m.xid >= v_xmax or m.xid = any (v_xip)) and m.movement_id + 0 > v_epoch.movement_id_floor
            limit 10000
        )
        union all
        (
            select e.recorded_at from inventory.inventory_event as e
            where (e.xid >= v_xmax or e.xid = any (v_xip)) and e.event_seq + 0 > v_epoch.event_seq_floor
                and e.type not in ('canary', 'low_stock_alert', 'low_stock_cleared')
            limit 10000
        )
        limit 10000
    ) as w;
    age := case when rows_waiting = 0 then interval '0' else greatest(clock_timestamp() - v_oldest, interval '0') end;
end
$$;

comment on function inventory._fold_freshness() is 'How fresh the folded sums are.';
