-- Sets stock rows to what this transaction put into import_staging: on_hand, and threshold and policy where they are not null.
-- A row that was not there gets a movement of kind opening, another one a count with the difference; no difference, no movement.
-- Several lines for one stock row follow each other.
-- Returns, reads, writes and locks as _import_movements does, which see.
create or replace function inventory._import_stock(in_import_id bigint, in_run bigint, in_source_id bigint) returns jsonb
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
    v_unfit bigint[];
    v_unfit_reasons text[];
    v_keys inventory.stock_key[];
    v_made inventory.stock_key[];
    v_context record;
begin
    if inventory._own_stores() is not null and exists (
        select from inventory.import_staging as i where i.xid = v_xid and not inventory._may_use(i.store_id)
    ) then
        raise exception 'lines are of stores that the login "%" may not use', session_user using errcode = 'SD045';
    end if;
    select c.* into v_context from inventory._writer_context() as c;
    select d.already, d.bad_lines, d.bad_reasons into v_already, v_bad_lines, v_bad_reasons
    from inventory._drop_applied_lines(
        in_import_id, in_run, in_source_id,
        (select int8range(min(i.line), max(i.line), '[]') from inventory.import_staging as i where i.xid = v_xid)
    ) as d;
    -- A line is complete in itself, so whether it fits does not depend on the lines before it.
    select coalesce(array_agg(b.line), '{}'), coalesce(array_agg(b.reason), '{}') into v_unfit, v_unfit_reasons
    from (
        select
            i.line,
            case
                when t.store_id is null or p.product_id is null then 'the store or the product was deleted meanwhile'
                when i.quantity - coalesce(s.reserved, 0)::numeric < -9223372036854775808
                    then format('on_hand %s is out of range', i.quantity)
                when i.quantity < coalesce(s.reserved, 0) and not coalesce(
                    i.allow_negative, s.allow_negative, p.allow_negative, t.allow_negative
                ) then format(
                    'on_hand %s is less than the reserved %s of %s in %s, which may not be negative',
                    i.quantity, coalesce(s.reserved, 0), p.sku, t.code
                )
            end as reason
        from inventory.import_staging as i
        left join inventory.stores as t on t.store_id = i.store_id
        left join inventory.products as p on p.product_id = i.product_id
        left join inventory.inventory_stock as s on s.store_id = i.store_id and s.product_id = i.product_id
        where i.xid = v_xid
    ) as b
    where b.reason is not null;
    if cardinality(v_unfit) > 0 then
        perform inventory._take_back_lines(v_unfit, in_source_id);
        v_bad_lines := v_bad_lines || v_unfit;
        v_bad_reasons := v_bad_reasons || v_unfit_reasons;
    end if;
    v_keys := array(
        select (k.store_id, k.product_id)::inventory.stock_key
        from (select distinct i.store_id, i.product_id from inventory.import_staging as i where i.xid = v_xid) as k
    );
    v_made := inventory._lock_stock_rows(v_keys);
    with counted as (
        select
            i.line, i.store_id, i.product_id, i.quantity, i.reason, i.reference, i.actor, i.correlation_id, i.occurred_at,
            i.low_stock_threshold, i.allow_negative, s.reserved, s.version,
            i.quantity::numeric - lag(i.quantity, 1, s.on_hand) over running as difference,
            -- IN in a select list is a hash look-up.
            (i.store_id, i.product_id) in (select k.store_id, k.product_id from unnest(v_made) as k)
                and row_number() over running = 1 as is_opening
        from inventory.import_staging as i
        join inventory.inventory_stock as s on s.store_id = i.store_id and s.product_id = i.product_id
        where i.xid = v_xid
        window running as (partition by i.store_id, i.product_id order by i.line)
    ),
    numbered as materialized (
        select
            c.*, c.difference <> 0 or c.is_opening as is_movement,
            c.version + count(*) filter (where c.difference <> 0 or c.is_opening)
                over (partition by c.store_id, c.product_id order by c.line) as new_version
        from counted as c
    ),
    recorded as (
        insert into inventory.stock_ledger_months (
            store_id, product_id, kind, on_hand_delta, on_hand_after, reserved_after, version,
            reason, reference, actor, correlation_id, occurred_at, xid, rung
        )
        select
            n.store_id, n.product_id, case when n.is_opening then 'opening' else 'count' end, n.difference::bigint, n.quantity,
            n.reserved, n.new_version, coalesce(n.reason, v_context.reason), coalesce(n.reference, v_context.reference),
            coalesce(n.actor, v_context.actor), coalesce(n.correlation_id, v_context.correlation_id),
            coalesce(n.occurred_at, now()), v_xid,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from numbered as n
        where n.is_movement
    )
    update inventory.inventory_stock as s set
        on_hand = n.quantity, version = n.version,
        low_stock_threshold = coalesce(n.low_stock_threshold, s.low_stock_threshold),
        allow_negative = coalesce(n.allow_negative, s.allow_negative),
        updated_at = clock_timestamp()
    from (
        -- Of each column the last line that says something.
        select
            l.store_id, l.product_id, max(l.new_version) as version,
            (array_agg(l.quantity order by l.line desc))[1] as quantity,
            (array_agg(l.low_stock_threshold order by l.line desc) filter (where l.low_stock_threshold is not null))[1]
                as low_stock_threshold,
            (array_agg(l.allow_negative order by l.line desc) filter (where l.allow_negative is not null))[1] as allow_negative
        from numbered as l
        group by l.store_id, l.product_id
    ) as n
    where s.store_id = n.store_id and s.product_id = n.product_id
        and (
            n.version <> s.version or n.low_stock_threshold <> s.low_stock_threshold or n.allow_negative <> s.allow_negative
        );
    perform inventory._level_lots(v_keys);
    return jsonb_build_object(
        'applied', inventory._finish_batch(in_import_id), 'already', v_already,
        'rejected', inventory._rejected_lines(v_bad_lines, v_bad_reasons)
    );
end
$$;

comment on function inventory._import_stock(bigint, bigint, bigint) is
    'For stockctl import: sets stock rows to the staged counts and says which were refused.';
