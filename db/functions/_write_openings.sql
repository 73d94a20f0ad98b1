-- Puts what a month of the ledger comes to at the beginning of the next one: per stock row an opening balance in place of its
-- movements. Movements that were recorded in the month but follow one of a later month (they waited for their stock row over
-- midnight) are kept as they are, in the next month.
-- An opening stands for the last movement before it, so it has that one's id, version and transaction: sums and versions go on
-- as before, and no reader takes it for news.
--   in_from, in_until    where the month begins and ends
--   out read_at          the snapshot in which the month was read; what it does not cover was not looked at
--   out released_xid     the highest transaction among the movements that were summed up
-- Only inventory_engine may write movements as they are, so this is its function; release_ledger_month() calls it.
create or replace function inventory._write_openings(
    in_from timestamptz, in_until timestamptz,
    out openings bigint, out kept bigint, out released bigint, out released_xid xid8, out read_at pg_snapshot
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    with month as materialized (
        select l.* from inventory.stock_ledger_months as l where l.recorded_at >= in_from and l.recorded_at < in_until
    ),
    last_versions as (
        select m.store_id, m.product_id, max(m.version) as version from month as m group by m.store_id, m.product_id
    ),
    cuts as materialized (
        select k.store_id, k.product_id, least(k.version, l.version - 1) as version, l.version is not null as goes_on
        from last_versions as k
        left join lateral (
            select l.version
            from inventory.stock_ledger_months as l
            where l.recorded_at >= in_until and l.store_id = k.store_id and l.product_id = k.product_id
            order by l.version
            limit 1
        ) as l on true
    ),
    opened as (
        insert into inventory.stock_ledger_months (
            movement_id, store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after,
            version, reason, reference, actor, occurred_at, recorded_at, xid, rung
        )
        overriding system value
        select
            m.movement_id, m.store_id, m.product_id, 'opening', m.on_hand_after, m.reserved_after, m.on_hand_after,
            m.reserved_after, m.version, 'opening balance', 'earlier months were let go', w.actor, in_until, in_until, m.xid, true
        from cuts as c
        join month as m on m.store_id = c.store_id and m.product_id = c.product_id and m.version = c.version
        cross join inventory._writer_context() as w
        -- A row that is gone for good needs none.
        where c.goes_on or exists (
            select from inventory.inventory_stock as s where s.store_id = c.store_id and s.product_id = c.product_id
        )
        returning 1
    ),
    moved as (
        insert into inventory.stock_ledger_months (
            movement_id, store_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after,
            version, reason, reference, actor, correlation_id, occurred_at, recorded_at, xid, rung, document_id
        )
        overriding system value
        select
            m.movement_id, m.store_id, m.product_id, m.kind, m.on_hand_delta, m.reserved_delta, m.on_hand_after,
            m.reserved_after, m.version, m.reason, m.reference, m.actor, m.correlation_id, m.occurred_at, in_until, m.xid, true,
            m.document_id
        from cuts as c
        join month as m on m.store_id = c.store_id and m.product_id = c.product_id and m.version > c.version
        returning 1
    )
    select
        (select count(*) from opened), (select count(*) from moved), count(*),
        max(m.xid) filter (where m.movement_id > (select e.movement_id_floor from inventory.epoch as e)),
        pg_current_snapshot()
    into openings, kept, released, released_xid, read_at
    from cuts as c
    join month as m on m.store_id = c.store_id and m.product_id = c.product_id and m.version <= c.version;
end
$$;

comment on function inventory._write_openings(timestamptz, timestamptz) is
    'Sums up a month of the ledger into opening balances at the beginning of the next.';
