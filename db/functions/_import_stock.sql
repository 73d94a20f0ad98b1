-- Sets stock rows to what this transaction put into import_staging: on_hand, and threshold and policy where they are not null.
-- A row that had no movement yet gets one of kind opening, another one a count with the difference; no difference, no movement.
-- Several lines for one stock row follow each other.
-- Returns, reads, writes and locks as _import_movements does, which see.
create or replace function inventory._import_stock(in_import_id bigint, in_source_id bigint) returns jsonb
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
    v_keys inventory.stock_key[];
    v_missing inventory.stock_key[];
begin
    select d.already, d.bad_lines, d.bad_reasons into v_already, v_bad_lines, v_bad_reasons
    from inventory._drop_applied_lines(in_import_id, in_source_id) as d;
    -- A line is complete in itself, so whether it fits does not depend on the lines before it.
    with bad as (
        delete from inventory.import_staging as i
        using (
            select
                b.line, b.line_id,
                case
                    when t.store_id is null or p.product_id is null then 'the store or the product was deleted meanwhile'
                    when b.quantity - coalesce(s.reserved, 0)::numeric < -9223372036854775808
                        then format('quantity %s is out of range', b.quantity)
                    when b.quantity < coalesce(s.reserved, 0) and not coalesce(
                        b.allow_negative, s.allow_negative, p.allow_negative, t.allow_negative
                    ) then format(
                        'on_hand %s is less than the reserved %s of %s in %s, which may not be negative',
                        b.quantity, coalesce(s.reserved, 0), p.sku, t.code
                    )
                end as reason
            from inventory.import_staging as b
            left join inventory.stores as t on t.store_id = b.store_id
            left join inventory.products as p on p.product_id = b.product_id
            left join inventory.inventory_stock as s on s.store_id = b.store_id and s.product_id = b.product_id
            where b.xid = v_xid
        ) as b
        where i.xid = v_xid and i.line = b.line and b.reason is not null
        returning i.line, i.line_id, b.reason
    ),
    freed as (
        delete from inventory.import_line_ids as d using bad as b
        where d.source_id = in_source_id and d.line_id = b.line_id
    )
    select v_bad_lines || coalesce(array_agg(b.line), '{}'), v_bad_reasons || coalesce(array_agg(b.reason), '{}')
    into v_bad_lines, v_bad_reasons
    from bad as b;
    v_keys := array(
        select (k.store_id, k.product_id)::inventory.stock_key
        from (select distinct i.store_id, i.product_id from inventory.import_staging as i where i.xid = v_xid) as k
    );
    v_missing := inventory._missing_stock_rows(v_keys);
    perform inventory._lock_stock_rows(v_keys);
    with counted as (
        select
            i.line, i.store_id, i.product_id, i.quantity, i.reason, i.reference, i.actor, i.correlation_id, i.occurred_at,
            i.quantity::numeric - lag(i.quantity, 1, s.on_hand) over running as difference,
            k.store_id is not null and row_number() over running = 1 as is_opening,
            s.reserved, s.version
        from inventory.import_staging as i
        join inventory.inventory_stock as s on s.store_id = i.store_id and s.product_id = i.product_id
        left join unnest(v_missing) as k on k.store_id = i.store_id and k.product_id = i.product_id
        where i.xid = v_xid
        window running as (partition by i.store_id, i.product_id order by i.line)
    ),
    moved as materialized (
        select c.*, c.version + row_number() over (partition by c.store_id, c.product_id order by c.line) as new_version
        from counted as c
        where c.difference <> 0 or c.is_opening
    ),
    recorded as (
        insert into inventory.stock_ledger (
            store_id, product_id, kind, on_hand_delta, on_hand_after, reserved_after, version,
            reason, reference, actor, correlation_id, occurred_at, xid, rung
        )
        select
            m.store_id, m.product_id, case when m.is_opening then 'opening' else 'count' end, m.difference::bigint, m.quantity,
            m.reserved, m.new_version, coalesce(m.reason, c.reason), coalesce(m.reference, c.reference),
            coalesce(m.actor, c.actor), coalesce(m.correlation_id, c.correlation_id), coalesce(m.occurred_at, now()), v_xid,
            (select pg_try_advisory_xact_lock_shared(6004511353635864577) or inventory.ring_doorbell())
        from moved as m
        cross join inventory._writer_context() as c
        order by m.line
    ),
    settings as (
        select distinct on (i.store_id, i.product_id)
            i.store_id, i.product_id,
            first_value(i.low_stock_threshold) over (
                partition by i.store_id, i.product_id order by i.low_stock_threshold is null, i.line desc
            ) as low_stock_threshold,
            first_value(i.allow_negative) over (
                partition by i.store_id, i.product_id order by i.allow_negative is null, i.line desc
            ) as allow_negative
        from inventory.import_staging as i
        where i.xid = v_xid
    ),
    final as (
        select distinct on (m.store_id, m.product_id) m.store_id, m.product_id, m.quantity, m.new_version
        from moved as m
        order by m.store_id, m.product_id, m.new_version desc
    )
    update inventory.inventory_stock as s set
        on_hand = coalesce(f.quantity, s.on_hand), version = coalesce(f.new_version, s.version),
        low_stock_threshold = coalesce(g.low_stock_threshold, s.low_stock_threshold),
        allow_negative = coalesce(g.allow_negative, s.allow_negative),
        on_hand_delta = 0, reserved_delta = 0, updated_at = clock_timestamp()
    from settings as g
    left join final as f on f.store_id = g.store_id and f.product_id = g.product_id
    where s.store_id = g.store_id and s.product_id = g.product_id
        and (
            f.store_id is not null or g.low_stock_threshold <> s.low_stock_threshold or g.allow_negative <> s.allow_negative
        );
    return jsonb_build_object(
        'applied', inventory._finish_batch(in_import_id), 'already', v_already,
        'rejected', inventory._rejected_lines(v_bad_lines, v_bad_reasons)
    );
end
$$;

comment on function inventory._import_stock(bigint, bigint) is
    'For stockctl import: sets stock rows to the staged counts and says which were refused.';
