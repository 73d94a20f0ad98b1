-- Applies the movements that this transaction put into import_staging, set-based, in the order of their lines: one UPDATE
-- per stock row, one INSERT into the ledger, balances and dense versions by window functions. What would oversell is refused
-- line by line, exactly as if the lines had come one after the other, and everything else is applied.
--   in_run        the file's run that this is, as _begin_import said
--   in_source_id  null: lines are known by file and number; else by their line_id within this source
-- Returns {"applied": n, "already": n, "rejected": [[line, reason], ...]}. The caller commits, and with it the record of what
-- was applied. Fastest when the lines were staged in the order of (store_id, product_id, line).
-- Reads and empties import_staging; writes stock_ledger, inventory_stock, import_batches, import_line_ids.
-- Locks: the file's imports row FOR SHARE, ids in order, then stock rows by (store_id, product_id).
-- As the engine: the capture triggers leave its statements alone, so it writes movements and stock rows itself.
create or replace function inventory._import_movements(in_import_id bigint, in_run bigint, in_source_id bigint) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
    v_xid xid8 := pg_current_xact_id();
    v_already bigint;
    v_bad_lines bigint[];
    v_bad_reasons text[];
    v_stretch int8range;
    v_keys inventory.stock_key[];
    v_made inventory.stock_key[] := '{}';
    v_short inventory.stock_key[];
    v_totals numeric[];
    v_counts bigint[];
    v_lost numeric[];
    v_gained numeric[];
    v_on_hand bigint[];
    v_reserved bigint[];
    v_versions bigint[];
    v_locked bigint;
    v_are_made boolean;
    v_are_judged boolean := false;
    v_context record;
begin
    if inventory._own_stores() is not null and exists (
        select from inventory.import_staging as i where i.xid = v_xid and not inventory._may_use(i.store_id)
    ) then
        raise exception 'lines are of stores that the login "%" may not use', session_user using errcode = 'SD045';
    end if;
    select c.* into v_context from inventory._writer_context() as c;
    loop
        -- Arrays in the order of the keys, as those of the locked stock rows below.
        select
            int8range(min(k.first_line), max(k.last_line), '[]'),
            coalesce(array_agg((k.store_id, k.product_id)::inventory.stock_key), '{}'), array_agg(k.total), array_agg(k.count),
            array_agg(k.lost), array_agg(k.gained)
        into v_stretch, v_keys, v_totals, v_counts, v_lost, v_gained
        from (
            select
                i.store_id, i.product_id, sum(i.quantity) as total, count(*) as count,
                sum(least(i.quantity, 0)) as lost, sum(greatest(i.quantity, 0)) as gained,
                min(i.line) as first_line, max(i.line) as last_line
            from inventory.import_staging as i
            where i.xid = v_xid
            group by i.store_id, i.product_id
            order by i.store_id, i.product_id
        ) as k;
        if v_already is null then
            select d.already, d.bad_lines, d.bad_reasons into v_already, v_bad_lines, v_bad_reasons
            from inventory._drop_applied_lines(in_import_id, in_run, in_source_id, v_stretch) as d;
            continue when v_already > 0 or cardinality(v_bad_lines) > 0;
        end if;
        v_are_made := cardinality(inventory._missing_stock_rows(v_keys)) > 0;
        loop
            if v_are_made then
                v_made := v_made || inventory._lock_stock_rows(v_keys);
            end if;
            -- Only stock rows that some order of their lines could bring below zero, or out of bigint, are looked at line by line.
            select
                count(*), array_agg(l.on_hand), array_agg(l.reserved), array_agg(l.version),
                coalesce(array_agg((l.store_id, l.product_id)::inventory.stock_key) filter (where
                    (not l.allow_negative and l.available + l.lost < 0)
                    or l.available + l.lost < -9223372036854775808
                    or l.on_hand + l.gained > 9223372036854775807
                ), '{}')
            into v_locked, v_on_hand, v_reserved, v_versions, v_short
            from (
                select s.store_id, s.product_id, s.on_hand, s.reserved, s.available, s.version, s.allow_negative, k.lost, k.gained
                from unnest(v_keys, v_lost, v_gained) as k (store_id, product_id, lost, gained)
                join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
                order by s.store_id, s.product_id
                for no key update of s
            ) as l;
            exit when v_are_made or v_locked = cardinality(v_keys);
            -- Somebody deleted a row after the look: it is made again.
            v_are_made := true;
        end loop;
        if v_locked < cardinality(v_keys) then
            -- Their store or product is gone too.
            v_short := v_short || inventory._missing_stock_rows(v_keys);
        end if;
        exit when v_are_judged or cardinality(v_short) = 0;
        v_are_judged := true;
        select v_bad_lines || coalesce(array_agg(r.line), '{}'), v_bad_reasons || coalesce(array_agg(r.reason), '{}')
        into v_bad_lines, v_bad_reasons
        from inventory._refuse_lines(v_short, in_source_id) as r;
    end loop;

    -- The balance that a line starts from is found by the rank of its stock row: a look-up per line would cost a fifth of this.
    insert into inventory.stock_ledger_months (
        store_id, product_id, kind, on_hand_delta, on_hand_after, reserved_after, version,
        reason, reference, actor, correlation_id, occurred_at, xid, rung
    )
    select
        i.store_id, i.product_id, i.kind, i.quantity,
        v_on_hand[i.key] + i.running_total, v_reserved[i.key], v_versions[i.key] + i.running_count,
        coalesce(i.reason, v_context.reason), coalesce(i.reference, v_context.reference), coalesce(i.actor, v_context.actor),
        coalesce(i.correlation_id, v_context.correlation_id), coalesce(i.occurred_at, now()), v_xid,
        -- Once per statement: 20 000 rows must not ring 20 000 times.
        (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
    from (
        select
            l.*, dense_rank() over (order by l.store_id, l.product_id) as key,
            inventory._sum(l.quantity) over running as running_total, row_number() over running as running_count
        from inventory.import_staging as l
        where l.xid = v_xid
        window running as (partition by l.store_id, l.product_id order by l.line)
    ) as i;

    update inventory.inventory_stock as s set
        on_hand = s.on_hand + k.total::bigint, version = s.version + k.count, updated_at = clock_timestamp()
    from unnest(v_keys, v_totals, v_counts) as k (store_id, product_id, total, count)
    where s.store_id = k.store_id and s.product_id = k.product_id;

    if cardinality(v_bad_lines) > 0 then
        perform inventory._drop_unmoved_stock_rows(v_made);
    end if;
    perform inventory._level_lots(v_keys);
    return jsonb_build_object(
        'applied', inventory._finish_batch(in_import_id), 'already', v_already,
        'rejected', inventory._rejected_lines(v_bad_lines, v_bad_reasons)
    );
end
$$;

comment on function inventory._import_movements(bigint, bigint, bigint) is
    'For stockctl import: applies the staged movements and says which were refused.';
