-- How a store's offline queue is doing.
--   store  the store's code
-- Returns an object: pending, insufficient_stock, synced, approved, rejected (how many are in each status); oldest_pending_at and
-- oldest_insufficient_stock_at (when the one that waits longest arrived, null when none does); last_24h {queued, synced, needs_approval,
-- approval_refused, approved, rejected} (what was decided in it); devices [{device, last_sequence, missing}] (tills with running numbers
-- whose uploads arrived within offline_window_days, and how many numbers between them are not here yet).
-- Raises SD006 for an unknown store. Reads: offline_transaction_queue, offline_queue_decisions, settings. Locks nothing.
create or replace function inventory.get_queue_metrics(store text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(get_queue_metrics.store);
    v_since timestamptz := now() - make_interval(days => (
        select s.value::integer from inventory.settings as s where s.name = 'offline_window_days'
    ));
    v_metrics jsonb;
begin
    select
        jsonb_object_agg(s.status, coalesce(c.count, 0)) || jsonb_build_object(
            'store', get_queue_metrics.store,
            'oldest_pending_at', min(c.oldest) filter (where s.status = 'pending'),
            'oldest_insufficient_stock_at', min(c.oldest) filter (where s.status = 'insufficient_stock')
        )
    into v_metrics
    from unnest(array['pending', 'insufficient_stock', 'synced', 'approved', 'rejected']) as s (status)
    left join (
        select q.status, count(*) as count, min(q.queued_at) as oldest
        from inventory.offline_transaction_queue as q
        where q.store_id = v_store_id
        group by q.status
    ) as c on c.status = s.status;
    return v_metrics || jsonb_build_object(
        'last_24h', (
            select jsonb_object_agg(d.decision, coalesce(c.count, 0))
            from unnest(
                array['queued', 'synced', 'needs_approval', 'approval_refused', 'approved', 'rejected']
            ) as d (decision)
            left join (
                select o.decision, count(*) as count
                from inventory.offline_queue_decisions as o
                where o.store_id = v_store_id and o.recorded_at >= now() - interval '24 hours'
                group by o.decision
            ) as c on c.decision = d.decision
        ),
        'devices', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object('device', e.device, 'last_sequence', e.last, 'missing', e.last - e.first + 1 - e.numbers)
                    order by e.device
                ),
                '[]'
            )
            from (
                select
                    q.device, min(q.device_sequence)::numeric as first, max(q.device_sequence)::numeric as last,
                    count(distinct q.device_sequence) as numbers
                from inventory.offline_transaction_queue as q
                where q.store_id = v_store_id and q.device_sequence is not null and q.queued_at >= v_since
                group by q.device
            ) as e
        )
    );
end
$$;

comment on function inventory.get_queue_metrics(text) is
    'How a store''s offline queue is doing: transactions by status, the oldest that wait, decisions of the last 24 hours, tills with missing uploads.';
