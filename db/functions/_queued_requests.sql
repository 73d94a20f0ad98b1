-- Transactions of the offline queue as requests of deduct_inventory_many(), in the order of the ids.
-- They are what the till would have asked itself, so that it does not matter which of the two comes first.
-- Raises what _queued_lines() does. Reads: offline_transaction_queue, products, units.
create or replace function inventory._queued_requests(in_store text, in_ids bigint[]) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return (
        select jsonb_agg(
            jsonb_build_object(
                'store', in_store, 'transaction_id', q.transaction_id, 'lines', inventory._queued_lines(q, i.place), 'reference', q.reference, 'actor', q.actor,
                'occurred_at', q.occurred_at, 'reason', q.reason, 'party', q.party, 'correlation_id', q.correlation_id
            )
            order by i.place
        )
        from unnest(in_ids) with ordinality as i (queue_id, place)
        join inventory.offline_transaction_queue as q on q.queue_id = i.queue_id
    );
end
$$;

comment on function inventory._queued_requests(text, bigint[]) is 'Transactions of the offline queue as requests of deductions.';
