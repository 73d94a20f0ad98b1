-- Deducts what the tills of a store queued, in the order in which it was sold: each all or nothing by itself. What cannot be deducted
-- gets the status insufficient_stock, and somebody must decide. stockd calls it every minute; tills may when they are back.
--   store           the store's code
--   actor           who, 200 characters; left out: set local inventory.actor, else the login. The deductions are the sellers'
--   limit           at most so many, 1 to 1000, and 10 000 lines together unless one alone has them; call it again while remaining is above 0
--   correlation_id  ties together what one request did; the deductions have those that were queued
-- Returns the answer: success, errors, synced and needsApproval (how many), remaining (how many are pending still), transactions (each
-- with its status and errors), ticket; docs/reference/operations.md has its shape.
-- A stock row that might not go below zero when a transaction was queued is not taken there by syncing it, whatever it allows by now; and
-- none that may not now.
-- Call it once per transaction: a second call could wait in a circle with somebody else's.
-- Raises 22... for wrong arguments, SD006 for an unknown store, 40001 when another transaction was first.
-- Reads and writes what deduct_inventory_many() does, and offline_transaction_queue, offline_queue_decisions.
-- Locks: the pending transactions, SKIP LOCKED: two callers share the work, and none is done twice; then as deduct_inventory_many().
create or replace function inventory.sync_all_pending(
    store text, actor text default null, "limit" integer default 500, correlation_id text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_operation inventory.operation;
    v_open bigint[];
    v_answers jsonb;
    v_rows inventory.offline_transaction_queue[] := '{}';
    v_row inventory.offline_transaction_queue;
    v_bad integer;
    v_errors jsonb;
    v_is_done boolean := false;
begin
    v_operation := inventory._begin_operation(
        'sync_all_pending', sync_all_pending.store, null, null, sync_all_pending.actor, null, null, sync_all_pending.correlation_id, null,
        null
    );
    if sync_all_pending."limit" is null or sync_all_pending."limit" not between 1 and 1000 then
        raise exception 'limit is a number from 1 to 1000' using errcode = 'invalid_parameter_value';
    end if;
    v_open := array(
        select q.queue_id
        from inventory.offline_transaction_queue as q
        where q.store_id = v_operation.store_id and q.status = 'pending'
        order by q.occurred_at, q.device, q.device_sequence, q.queue_id
        limit sync_all_pending."limit"
        for no key update skip locked
    );
    -- A batch has 10 000 lines at most. The order is read again, because rows were locked after they were sorted.
    v_open := array(
        select o.queue_id
        from (
            select q.queue_id, row_number() over sold as place, sum(jsonb_array_length(q.lines)) over sold as lines
            from inventory.offline_transaction_queue as q
            where q.queue_id = any (v_open)
            window sold as (order by q.occurred_at, q.device, q.device_sequence, q.queue_id)
        ) as o
        where o.lines <= 10000
        order by o.place
    );
    -- One call for all, in a block of its own: when one of them may not be, everything is undone and the others are done without it.
    -- Which others that are changes with it, so it is one at a time; what is not done after so many stays pending.
    for v_round in 1..50 loop
        exit when v_is_done or cardinality(v_open) = 0;
        begin
            v_answers := inventory.deduct_inventory_many(inventory._queued_requests(v_operation.store, v_open));
            select a.place, a.errors into v_bad, v_errors
            from inventory._against_policy(v_operation.store, v_open, v_answers) as a;
            if found then
                raise exception 'refused' using errcode = 'SDREF';
            end if;
            v_is_done := true;
        exception
            when sqlstate 'SDREF' then
                insert into inventory.operation_refusals (store_id, operation, code, errors, actor, correlation_id)
                values (
                    v_operation.store_id, 'sync_all_pending', 'insufficient_stock', v_errors, v_operation.actor,
                    v_operation.correlation_id
                );
            when data_exception or sqlstate 'SD006' then
                -- A product, a unit or a mapping went since it was queued. The message says of which request, unless it is of one alone.
                v_bad := coalesce(substring(sqlerrm from '^request ([0-9]+): ')::integer, 1);
                if cardinality(v_open) > 1 and sqlerrm !~ '^request [0-9]+: ' then
                    v_open := v_open[1:cardinality(v_open) / 2];
                    continue;
                end if;
                v_errors := jsonb_build_array(jsonb_build_object(
                    'code', 'not_possible', 'message', regexp_replace(sqlerrm, '^request [0-9]+: ', ''), 'detail', sqlstate,
                    'hint', 'Approve it with other lines, or reject it.'
                ));
        end;
        continue when v_is_done;
        v_rows := v_rows || inventory._decide_queued(
            v_operation, v_open[v_bad], 'needs_approval', 'insufficient_stock', null, v_errors, null
        );
        v_open := v_open[:v_bad - 1] || v_open[v_bad + 1:];
    end loop;
    if v_is_done then
        for v_place in 1 .. cardinality(v_open) loop
            v_errors := v_answers -> (v_place - 1) -> 'errors';
            if v_errors = '[]' or inventory._is_same_queued_sale(v_open[v_place], v_errors) then
                v_row := inventory._decide_queued(
                    v_operation, v_open[v_place], 'synced', 'synced', null, null,
                    inventory._document_of_queued(v_open[v_place])
                );
            else
                if v_errors #>> '{0,code}' = 'idempotency_conflict' then
                    v_errors := coalesce(inventory._other_use_of_queued(v_open[v_place]), v_errors);
                end if;
                v_row := inventory._decide_queued(
                    v_operation, v_open[v_place], 'needs_approval', 'insufficient_stock', null, v_errors, null
                );
            end if;
            v_rows := v_rows || v_row;
        end loop;
    end if;
    return inventory._finish_operation(v_operation, null, null, jsonb_build_object(
        'synced', (select count(*) from unnest(v_rows) as r where r.status = 'synced'),
        'needsApproval', (select count(*) from unnest(v_rows) as r where r.status <> 'synced'),
        'remaining', (
            select count(*)
            from inventory.offline_transaction_queue as q
            where q.store_id = v_operation.store_id and q.status = 'pending'
        ),
        'transactions', (
            select coalesce(jsonb_agg(inventory._queued_json(r) order by r.occurred_at, r.device, r.device_sequence, r.queue_id), '[]')
            from unnest(v_rows) as r
        )
    ));
end
$$;

comment on function inventory.sync_all_pending(text, text, integer, text) is
    'Deducts what the tills of a store queued, each all or nothing, a bounded number per call; what cannot be deducted is left for somebody to decide.';
