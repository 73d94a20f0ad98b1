-- Applies the movements that this transaction put into import_staging, set-based, in the order of their lines: one UPDATE
-- per stock row, one INSERT into the ledger, balances and dense versions by window functions. What would oversell is refused
-- line by line, exactly as if the lines had come one after the other, and everything else is applied.
--   in_source_id  null: lines are known by file and number; else by their line_id within this source
-- Returns {"applied": n, "already": n, "rejected": [[line, reason], ...]}. The caller commits, and with it the record of what
-- was applied.
-- Reads and empties import_staging; writes stock_ledger, inventory_stock, import_batches, import_line_ids.
-- Locks: the file's imports row, ids in order, then stock rows by (store_id, product_id).
-- As the engine: the capture triggers leave its statements alone, so it writes movements and stock rows itself.
create or replace function inventory._import_movements(in_import_id bigint, in_source_id bigint) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
    v_xid xid8 := pg_current_xact_id();
    v_already bigint;
    v_applied bigint;
    v_bad_lines bigint[];
    v_bad_reasons text[];
    v_keys inventory.stock_key[];
    v_missing inventory.stock_key[];
    v_short inventory.stock_key[];
begin
    select d.already, d.bad_lines, d.bad_reasons into v_already, v_bad_lines, v_bad_reasons
    from inventory._drop_applied_lines(in_import_id, in_source_id) as d;
    v_keys := array(
        select (k.store_id, k.product_id)::inventory.stock_key
        from (select distinct i.store_id, i.product_id from inventory.import_staging as i where i.xid = v_xid) as k
    );
    v_missing := array(
        select k from unnest(v_keys) as k
        where not exists (
            select from inventory.inventory_stock as s where s.store_id = k.store_id and s.product_id = k.product_id
        )
    );
    perform inventory._lock_stock_rows(v_keys);

    -- Only stock rows that some order of their lines could bring below zero, or out of bigint, are looked at line by line.
    v_short := array(
        select (k.store_id, k.product_id)::inventory.stock_key
        from (
            select
                i.store_id, i.product_id,
                coalesce(sum(i.quantity) filter (where i.quantity < 0), 0) as lost,
                coalesce(sum(i.quantity) filter (where i.quantity > 0), 0) as gained,
                count(i.kind) filter (where i.kind not in ('reservation', 'release')) < count(*) as has_wrong_kind
            from inventory.import_staging as i
            where i.xid = v_xid
            group by i.store_id, i.product_id
        ) as k
        left join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
        where s.store_id is null
            or k.has_wrong_kind
            or (not s.allow_negative and s.available + k.lost < 0)
            or s.available + k.lost < -9223372036854775808
            or s.on_hand + k.gained > 9223372036854775807
    );
    if cardinality(v_short) > 0 then
        select v_bad_lines || coalesce(array_agg(r.line), '{}'), v_bad_reasons || coalesce(array_agg(r.reason), '{}')
        into v_bad_lines, v_bad_reasons
        from inventory._refuse_lines(v_short, in_source_id) as r;
    end if;

    with moved as materialized (
        select
            i.line, i.store_id, i.product_id, i.kind, i.quantity, i.reason, i.reference, i.actor, i.correlation_id,
            i.occurred_at,
            (s.on_hand + sum(i.quantity) over running)::bigint as on_hand_after,
            s.reserved,
            s.version + row_number() over running as version
        from inventory.import_staging as i
        join inventory.inventory_stock as s on s.store_id = i.store_id and s.product_id = i.product_id
        where i.xid = v_xid
        window running as (partition by i.store_id, i.product_id order by i.line)
    ),
    recorded as (
        insert into inventory.stock_ledger (
            store_id, product_id, kind, on_hand_delta, on_hand_after, reserved_after, version,
            reason, reference, actor, correlation_id, occurred_at, xid, rung
        )
        select
            m.store_id, m.product_id, m.kind, m.quantity, m.on_hand_after, m.reserved, m.version,
            coalesce(m.reason, c.reason), coalesce(m.reference, c.reference), coalesce(m.actor, c.actor),
            coalesce(m.correlation_id, c.correlation_id), coalesce(m.occurred_at, now()), v_xid,
            -- Once per statement: 20 000 rows must not ring 20 000 times.
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from moved as m
        cross join inventory._writer_context() as c
        order by m.line
    )
    update inventory.inventory_stock as s set
        on_hand = m.on_hand_after, version = m.version, on_hand_delta = 0, reserved_delta = 0, updated_at = clock_timestamp()
    from (
        select distinct on (m.store_id, m.product_id) m.store_id, m.product_id, m.on_hand_after, m.version
        from moved as m
        order by m.store_id, m.product_id, m.version desc
    ) as m
    where s.store_id = m.store_id and s.product_id = m.product_id;

    if cardinality(v_bad_lines) > 0 and cardinality(v_missing) > 0 then
        -- A stock row that no line reached has no movement that would tell readers of it. It is of this transaction, so nobody saw it.
        delete from inventory.inventory_stock as s
        using unnest(v_missing) as k
        where s.store_id = k.store_id and s.product_id = k.product_id
            and s.xmin::text::bigint = mod(v_xid::text::bigint, 4294967296)
            and not exists (
                select from inventory.import_staging as i
                where i.xid = v_xid and i.store_id = k.store_id and i.product_id = k.product_id
            );
    end if;
    insert into inventory.import_batches (import_id, lines, line_count)
    select in_import_id, range_agg(int8range(i.line, i.line + 1)), count(*)
    from inventory.import_staging as i
    where i.xid = v_xid
    having count(*) > 0;
    delete from inventory.import_staging as i where i.xid = v_xid;
    get diagnostics v_applied = row_count;
    return jsonb_build_object(
        'applied', v_applied, 'already', v_already,
        'rejected', coalesce(
            (select jsonb_agg(jsonb_build_array(b.line, b.reason) order by b.line)
             from unnest(v_bad_lines, v_bad_reasons) as b (line, reason)),
            '[]'
        )
    );
end
$$;

comment on function inventory._import_movements(bigint, bigint) is
    'For stockctl import: applies the staged movements and says which were refused.';
