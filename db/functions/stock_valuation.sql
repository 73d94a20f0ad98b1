-- What the stock of one store or of all is worth, now or as it was at a time: a row per lot, and one for what is in no lot. The quantities
-- of a product come to what stock_at() says.
--   time   by the database's clock; what was recorded by then counts, whatever occurred_at says. null is now
--   store  the store's code; null is every store
-- Returns quantities in base units, costs of a base unit and values in the store's currency, 6 decimals. What is in no lot is valued at the
-- unit_cost of the product's last purchase there, and blank when none said it. What is owed is a row below zero, without a lot. lot and
-- expires_on are the lot's, received when it came in.
-- Raises SD006 for an unknown store, 22023 for a time whose month was let go: its balances are not known any more.
-- Reads: stores, products, inventory_stock, stock_version_kept, stock_ledger, stock_lots, stock_lot_entries, stock_documents,
-- stock_document_lines. Locks nothing.
create or replace function inventory.stock_valuation("time" timestamptz default null, store text default null)
returns table (
    store_code text, sku text, lot_id bigint, lot text, received timestamptz, expires_on date, quantity bigint, unit_cost numeric,
    value numeric, currency text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
#variable_conflict use_column
begin
    return query
        with stock as materialized (
            select t.store_id, t.code, t.currency, p.product_id, a.sku, a.on_hand, a.version
            from inventory.stock_at(coalesce(stock_valuation."time", 'infinity'), stock_valuation.store) as a
            join inventory.stores as t on t.code = a.store_code
            join inventory.products as p on p.sku = a.sku
        ),
        lots as materialized (
            select l.store_id, l.product_id, l.lot_id, l.lot, l.is_debt, l.created_at, l.expires_on, l.remaining_quantity as quantity, l.remaining_value as value
            from stock as s
            join inventory.stock_lots as l on l.store_id = s.store_id and l.product_id = s.product_id and l.is_open
            where stock_valuation."time" is null
            union all
            select l.store_id, l.product_id, l.lot_id, l.lot, l.is_debt, l.created_at, l.expires_on, e.quantity, e.value
            from stock as s
            cross join lateral (
                -- What a movement did is there with the movement; policies and late costs, which stand at the version that they found,
                -- by their own time.
                select e.lot_id, sum(e.quantity)::bigint as quantity, sum(e.value) as value
                from inventory.stock_lot_entries as e
                where e.store_id = s.store_id and e.product_id = s.product_id and e.version <= s.version
                    and (
                        e.version < s.version or e.kind in ('received', 'taken', 'returned', 'settled', 'corrected')
                        or e.recorded_at <= stock_valuation."time"
                    )
                group by e.lot_id
                having sum(e.quantity) <> 0
            ) as e
            join inventory.stock_lots as l on l.lot_id = e.lot_id
            where stock_valuation."time" is not null
        )
        select v.code, v.sku, v.lot_id, v.lot, v.received, v.expires_on, v.quantity, trim_scale(v.unit_cost), trim_scale(v.value), v.currency
        from (
            select
                s.code, s.sku, s.currency, l.lot_id, l.lot, case when not l.is_debt then l.created_at end as received, l.expires_on, l.quantity,
                round(l.value / l.quantity, 6) as unit_cost, l.value
            from stock as s
            join lots as l on l.store_id = s.store_id and l.product_id = s.product_id
            union all
            select
                s.code, s.sku, s.currency, null, null, null, null, s.rest, round(c.unit_cost, 6), round(s.rest * c.unit_cost, 6)
            from (
                select
                    s.*,
                    s.on_hand - coalesce(
                        (select sum(l.quantity) from lots as l where l.store_id = s.store_id and l.product_id = s.product_id), 0
                    )::bigint as rest
                from stock as s
            ) as s
            left join lateral (
                select i.unit_cost * i.quantity * i.denominator / i.numerator as unit_cost
                from inventory.stock_document_lines as i
                join inventory.stock_documents as d on d.document_id = i.document_id
                where i.product_id = s.product_id and i.unit_cost is not null and d.store_id = s.store_id and d.kind = 'purchase'
                    and i.version <= s.version
                order by i.document_id desc, i.line desc
                limit 1
            ) as c on true
            where s.rest <> 0
        ) as v
        order by v.code, v.sku, v.lot_id;
end
$$;

comment on function inventory.stock_valuation(timestamptz, text) is
    'What the stock of one store or of all is worth, now or as it was at a time: a row per lot, and one for what is in no lot.';
