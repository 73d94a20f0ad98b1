-- Health: does what tills did offline come in? The queue is looked at when there is one: a database may be without.
-- Reads: offline_transaction_queue, where it is: store_id, status and queued_at.
create or replace function inventory._health_of_queue(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pending bigint;
    v_insufficient bigint;
    v_oldest timestamptz;
begin
    if to_regclass('inventory.offline_transaction_queue') is null then
        return inventory._health_check(
            'Offline queue', null, null, 'There is no offline queue in this database.', 'None without a queue.', '{}'
        );
    end if;
    execute $queue$
        select
            count(*) filter (where q.status = 'pending') as pending,
            count(*) filter (where q.status = 'insufficient_stock') as insufficient_stock,
            min(q.queued_at) as oldest
        from inventory.offline_transaction_queue as q
        where q.store_id = $1 and q.status in ('pending', 'insufficient_stock')
    $queue$ into v_pending, v_insufficient, v_oldest using in_store_id;
    return inventory._health_check(
        'Offline queue',
        case when v_oldest < now() - interval '1 day' then
            format('The oldest of %s waiting transactions is from %s.', v_pending + v_insufficient, v_oldest) end,
        case
            when v_oldest < now() - interval '15 minutes' then
                format('The oldest of %s waiting transactions is from %s.', v_pending + v_insufficient, v_oldest)
            when v_insufficient > 0 then format('%s transactions wait to be approved.', v_insufficient)
        end,
        'Nothing waits for long.',
        'Critical: something has waited for a day. Warning: something has waited for 15 minutes, or for approval.',
        jsonb_build_object('pending', v_pending, 'insufficient_stock', v_insufficient, 'oldest', v_oldest)
    );
end
$$;

comment on function inventory._health_of_queue(bigint) is 'Health: does what tills did offline come in?';
