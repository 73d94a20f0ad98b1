-- Walks the movements of some stock rows from where the last walk ended, and compares what they come to with the stock row, its holds,
-- its remainder and its lots. All in one statement, so in one snapshot: whoever writes meanwhile is neither waited for nor seen by half.
--   in_products  in their order; those that do not fit into the limit are left
--   in_since     walks that are older count for nothing: everything is walked again from its first movement; -infinity for new movements only
--   in_limit     movements to be walked, 1000 or more: of one stock row never more, of all never twice as many
-- Returns how many movements were walked, and the last product that is done with: null when not even the first one is.
-- What may begin a walk: version 1, an opening that stands for months that were let go, and the first movement that is left of a row
-- that was empty when such a month went.
-- Reads: inventory_stock, stock_version_kept, stock_ledger, stock_holds, stock_remainders, stock_remainder_steps, stock_lots,
-- stock_lot_entries, lot_policies, stores, the ledger's months.
-- Writes: stock_verified, stock_lots_verified, stock_findings. Locks: those only.
create or replace function inventory._verify_batch(
    in_store_id bigint, in_products bigint[], in_since timestamptz, in_limit bigint, out movements bigint, out done_with bigint
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $$
declare
    -- Its months began with the store's first movement; that a month went is written nowhere that outlives a restore.
    v_month_was_let_go boolean := (
        select min(right(c.relname::text, 7)) > to_char(timezone('UTC', t.created_at), 'YYYY_MM')
        from inventory.stores as t
        cross join pg_inherits as i
        join pg_class as c on c.oid = i.inhrelid and c.relname <> 'stock_ledger_default'
        where t.store_id = in_store_id and i.inhparent = 'inventory.stock_ledger_months'::regclass
        group by t.created_at
    );
begin
    with keys as materialized (
        select
            k.product_id, s.product_id is not null as has_row,
            case when s.product_id is null then coalesce(v.version, 0) else s.version end as row_version,
            coalesce(s.on_hand, 0) as row_on_hand, coalesce(s.reserved, 0) as row_reserved, coalesce(s.keeps_lots, false) as keeps_lots,
            coalesce(c.version, 0) as from_version, coalesce(c.on_hand, 0) as from_on_hand, coalesce(c.reserved, 0) as from_reserved,
            coalesce(c.lots_version, 0) as from_lots_version, c.product_id is null as is_first,
            (
                select coalesce(sum(h.units), 0) from inventory.stock_holds as h
                where h.store_id = in_store_id and h.product_id = k.product_id and h.state = 'held'
            ) as held,
            coalesce((
                select m.numerator || '/' || m.denominator from inventory.stock_remainders as m
                where m.store_id = in_store_id and m.product_id = k.product_id
            ), '0/1') as remainder,
            coalesce((
                select p.numerator_after || '/' || p.denominator_after from inventory.stock_remainder_steps as p
                where p.store_id = in_store_id and p.product_id = k.product_id
                order by p.version desc
                limit 1
            ), '0/1') as last_remainder
        from unnest(in_products) as k (product_id)
        left join inventory.inventory_stock as s on s.store_id = in_store_id and s.product_id = k.product_id
        left join inventory.stock_version_kept as v on v.store_id = in_store_id and v.product_id = k.product_id
        left join inventory.stock_verified as c
            on c.store_id = in_store_id and c.product_id = k.product_id and c.verified_at >= in_since
    ),
    -- As many as are expected to fit, and the first one in any case.
    chosen as materialized (
        select f.*
        from (
            select k.*, sum(greatest(k.row_version - k.from_version, 0)) over (order by k.product_id) - greatest(k.row_version - k.from_version, 0) as before
            from keys as k
        ) as f
        where f.before < in_limit
    ),
    read as materialized (
        select
            c.product_id, c.from_version, c.from_on_hand, c.from_reserved, c.is_first, l.movement_id, l.version, l.kind, l.on_hand_delta,
            l.reserved_delta, l.on_hand_after, l.reserved_after, l.reason, l.reference,
            count(*) over whole >= in_limit and min(l.version) over whole < max(l.version) over whole as is_cut,
            max(l.version) over whole as last_version
        from chosen as c
        cross join lateral (
            select o.*
            from inventory.stock_ledger as o
            where o.store_id = in_store_id and o.product_id = c.product_id and o.version > c.from_version
            order by o.version, o.movement_id
            limit in_limit
        ) as l
        window whole as (partition by c.product_id)
    ),
    -- Several movements of one version are not torn apart: where a walk is cut, the last version is left for the next one.
    walk as materialized (
        select
            r.*, lag(r.version) over steps as before_version, lag(r.on_hand_after) over steps as before_on_hand,
            lag(r.reserved_after) over steps as before_reserved, row_number() over steps as step
        from read as r
        where not r.is_cut or r.version < r.last_version
        window steps as (partition by r.product_id order by r.version, r.movement_id)
    ),
    compared as (
        select
            w.product_id, w.from_version, w.version, b.version as before_version,
            w.on_hand_after::numeric - w.on_hand_delta - b.on_hand as on_hand_difference,
            w.reserved_after::numeric - w.reserved_delta - b.reserved as reserved_difference
        from walk as w
        cross join lateral (
            select
                case when w.step > 1 then w.before_version when e.is_opening then w.version - 1 else w.from_version end as version,
                case when w.step > 1 then w.before_on_hand when e.is_opening then w.on_hand_after - w.on_hand_delta else w.from_on_hand end as on_hand,
                case when w.step > 1 then w.before_reserved when e.is_opening then w.reserved_after - w.reserved_delta else w.from_reserved end as reserved
            from (
                select
                    v_month_was_let_go and w.on_hand_after = w.on_hand_delta and w.reserved_after = w.reserved_delta
                        and (w.is_first or w.kind = 'opening' and w.reference = 'earlier months were let go') as is_opening
            ) as e
        ) as b
    ),
    breaks as materialized (
        select
            c.product_id, c.from_version,
            case when c.version > c.before_version + 1 then 'missing_movements' when c.version = c.before_version then 'repeated_version'
                else 'wrong_balance' end as kind,
            case when c.version > c.before_version + 1 then c.before_version + 1 else c.version end as version,
            -- Several of one version are one.
            jsonb_build_object(
                'until_version', max(c.version) - case when c.version > c.before_version + 1 then 1 else 0 end,
                'on_hand_difference', sum(c.on_hand_difference), 'reserved_difference', sum(c.reserved_difference)
            ) as details
        from compared as c
        where c.version <> c.before_version + 1 or c.on_hand_difference <> 0 or c.reserved_difference <> 0
        group by c.product_id, c.from_version, c.version, c.before_version
    ),
    -- What repair() booked differs by just what it made up for, as long as that is still so.
    ledger_findings as (
        select b.product_id, b.kind, b.version, b.details
        from breaks as b
        where not exists (
            select from inventory.stock_findings as f
            where f.store_id = in_store_id and f.product_id = b.product_id and f.repair_version = b.version
                and f.kind in ('repeated_version', 'wrong_balance') and b.kind = 'wrong_balance' and f.gone_at is null
                and (f.details ->> 'on_hand_difference')::numeric = -(b.details ->> 'on_hand_difference')::numeric
                and (f.details ->> 'reserved_difference')::numeric = -(b.details ->> 'reserved_difference')::numeric
                and (f.version <= b.from_version or exists (
                    select from breaks as o
                    where o.product_id = f.product_id and o.kind = f.kind and o.version = f.version and o.details = f.details
                ))
        )
    ),
    ends as materialized (
        select
            c.*, coalesce(w.version, c.from_version) as ledger_version, coalesce(w.on_hand_after, c.from_on_hand) as ledger_on_hand,
            coalesce(w.reserved_after, c.from_reserved) as ledger_reserved, coalesce(w.is_cut, false) as is_cut,
            (
                select coalesce(sum(l.remaining_quantity), 0) from inventory.stock_lots as l
                where l.store_id = in_store_id and l.product_id = c.product_id and l.is_open
            ) as in_lots,
            (select o.policy from inventory.lot_policies as o where o.product_id = c.product_id) as policy,
            -- Of a row that is gone, the month that told of it may be gone too.
            not c.has_row and w.version is null and v_month_was_let_go and not exists (
                select from inventory.stock_ledger as o where o.store_id = in_store_id and o.product_id = c.product_id
            ) as is_forgotten
        from chosen as c
        left join (
            select distinct on (o.product_id) o.product_id, o.version, o.on_hand_after, o.reserved_after, o.is_cut
            from walk as o
            order by o.product_id, o.step desc
        ) as w on w.product_id = c.product_id
    ),
    -- Lots that are open, that have moved since they were last looked at, or that were wrong: what each has left, and what its entries come to.
    -- Those that were summed up before are not read again.
    found_lots as materialized (
        select f.product_id, w.lot_id::bigint as lot_id
        from inventory.stock_findings as f
        cross join lateral jsonb_array_elements_text(f.details -> 'wrong_lots') as w (lot_id)
        where f.store_id = in_store_id and f.kind = 'lots' and f.repaired_at is null and f.gone_at is null
    ),
    lots as materialized (
        select
            e.product_id, l.lot_id, greatest(n.entry_id, v.entry_id) as entry_id, n.entry_id is not null as is_new,
            coalesce(v.quantity, 0) + n.quantity as quantity, coalesce(v.value, 0) + n.value as value,
            coalesce(o.remaining_quantity, 0) as remaining_quantity, coalesce(o.remaining_value, 0) as remaining_value
        from (select o.*, o.policy is not null or o.in_lots <> 0 as has_lots from ends as o) as e
        cross join lateral (
            select o.lot_id from inventory.stock_lots as o
            where o.store_id = in_store_id and o.product_id = e.product_id and o.is_open and e.has_lots
            union
            select t.lot_id from inventory.stock_lot_entries as t
            where t.store_id = in_store_id and t.product_id = e.product_id and t.version > e.from_lots_version and e.has_lots
            union
            select f.lot_id from found_lots as f where f.product_id = e.product_id
        ) as l
        left join inventory.stock_lots as o on o.lot_id = l.lot_id
        left join inventory.stock_lots_verified as v on v.lot_id = l.lot_id and v.verified_at >= in_since
        cross join lateral (
            select max(t.entry_id) as entry_id, coalesce(sum(t.quantity), 0) as quantity, coalesce(sum(t.value), 0) as value
            from inventory.stock_lot_entries as t
            where t.lot_id = l.lot_id and t.entry_id > coalesce(v.entry_id, 0)
        ) as n
        where not e.is_cut
    ),
    row_findings as (
        select e.product_id, f.kind, e.row_version as version, f.details
        from ends as e
        left join (
            select o.product_id, jsonb_path_query_array(jsonb_agg(o.lot_id order by o.lot_id), '$[0 to 99]') as lots
            from lots as o
            where o.remaining_quantity <> o.quantity or o.remaining_value <> o.value
            group by o.product_id
        ) as w on w.product_id = e.product_id
        cross join lateral (
            select
                case when e.has_row then 'stock_row' else 'missing_stock_row' end as kind,
                jsonb_build_object(
                    'version', e.row_version, 'on_hand', e.row_on_hand, 'reserved', e.row_reserved,
                    'ledger_version', e.ledger_version, 'ledger_on_hand', e.ledger_on_hand, 'ledger_reserved', e.ledger_reserved
                ) as details
            where not e.is_forgotten and (
                e.row_version <> e.ledger_version or e.row_on_hand <> e.ledger_on_hand or e.row_reserved <> e.ledger_reserved
            )
            union all
            select 'reserved', jsonb_build_object('reserved', e.row_reserved, 'held', e.held)
            where e.row_reserved <> e.held
            union all
            select 'remainder', jsonb_build_object('remainder', e.remainder, 'last_step', e.last_remainder)
            where e.remainder <> e.last_remainder
            union all
            select 'lots', jsonb_build_object(
                'on_hand', e.row_on_hand, 'in_lots', e.in_lots, 'keeps_lots', e.keeps_lots, 'policy', e.policy
            ) || case when w.lots is null then '{}' else jsonb_build_object('wrong_lots', w.lots) end
            where e.in_lots <> case when e.policy is null then 0 else e.row_on_hand end
                or e.has_row and e.keeps_lots <> (e.policy is not null) or w.lots is not null
        ) as f
        where not e.is_cut
    ),
    gone as (
        update inventory.stock_findings as f set gone_at = clock_timestamp()
        from ends as e
        where f.store_id = in_store_id and f.product_id = e.product_id and f.gone_at is null and case
            when f.kind in ('stock_row', 'missing_stock_row', 'reserved', 'remainder', 'lots') then f.repaired_at is null and not e.is_cut
                and not exists (select from row_findings as r where r.product_id = f.product_id and r.kind = f.kind)
            else (f.repaired_at is null or f.kind <> 'missing_movements')
                and f.version > e.from_version and f.version <= e.ledger_version
                and not exists (
                    select from breaks as b where b.product_id = f.product_id and b.kind = f.kind and b.version = f.version
                )
        end
    ),
    noted_of_ledger as (
        insert into inventory.stock_findings as f (store_id, product_id, kind, version, details)
        select in_store_id, l.product_id, l.kind, l.version, l.details
        from ledger_findings as l
        order by l.product_id, l.version
        on conflict (store_id, product_id, kind, version) where kind in ('missing_movements', 'repeated_version', 'wrong_balance')
        do update set details = excluded.details, repaired_at = null, repaired_by = null, repair_version = null, gone_at = null
        where f.details <> excluded.details or f.gone_at is not null or f.kind = 'missing_movements' and f.repaired_at is not null
    ),
    noted_of_rows as (
        insert into inventory.stock_findings as f (store_id, product_id, kind, version, details)
        select in_store_id, r.product_id, r.kind, r.version, r.details
        from row_findings as r
        order by r.product_id, r.kind
        on conflict (store_id, product_id, kind)
            where kind in ('stock_row', 'missing_stock_row', 'reserved', 'remainder', 'lots') and repaired_at is null and gone_at is null
        do update set details = excluded.details, version = excluded.version
    ),
    summed as (
        insert into inventory.stock_lots_verified as v (lot_id, entry_id, quantity, value)
        select o.lot_id, o.entry_id, o.quantity, o.value
        from lots as o
        where o.is_new
        order by o.lot_id
        on conflict (lot_id) do update set
            entry_id = excluded.entry_id, quantity = excluded.quantity, value = excluded.value, verified_at = excluded.verified_at
    ),
    kept as (
        insert into inventory.stock_verified as v (store_id, product_id, version, on_hand, reserved, lots_version)
        select
            in_store_id, e.product_id, case when e.is_forgotten then e.row_version else e.ledger_version end,
            case when e.is_forgotten then 0 else e.ledger_on_hand end, case when e.is_forgotten then 0 else e.ledger_reserved end,
            case when e.is_cut then e.from_lots_version else e.row_version end
        from ends as e
        order by e.product_id
        on conflict (store_id, product_id) do update set
            version = excluded.version, on_hand = excluded.on_hand, reserved = excluded.reserved, lots_version = excluded.lots_version,
            verified_at = excluded.verified_at
        where v.version <> excluded.version or v.lots_version <> excluded.lots_version or v.on_hand <> excluded.on_hand or v.reserved <> excluded.reserved or v.verified_at < in_since
    )
    select (select count(*) from walk), max(e.product_id) filter (where e.product_id < coalesce(u.product_id, 9223372036854775807))
    into movements, done_with
    from ends as e
    cross join (select min(o.product_id) filter (where o.is_cut) as product_id from ends as o) as u;
end
$$;

comment on function inventory._verify_batch(bigint, bigint[], timestamptz, bigint) is
    'Walks new movements of some stock rows and compares what they come to with stock rows, holds, remainders and lots, and lots with their entries.';
