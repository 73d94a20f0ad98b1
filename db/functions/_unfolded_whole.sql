-- Every stock row that is not as its shadow says, as _unfolded() returns it: for the first fold, a rebuild, and readers when nobody folds.
-- Nothing is said of the movements in between; of the last one, when it was recorded.
-- Reads: inventory_stock, folded_stock, stores, products, stock_lots, stock_documents, stock_document_lines, stock_ledger. STABLE.
create or replace function inventory._unfolded_whole() returns setof inventory.unfolded_stock
language plpgsql stable security definer
rows 1000
set search_path = pg_catalog, pg_temp
set enable_seqscan = on
set enable_mergejoin = on
set jit = off
set max_parallel_workers_per_gather = 0
set work_mem = '64MB'
as $$
begin
    return query
        with stock as materialized (
            select
                s.store_id, s.product_id, s.version, s.on_hand, s.reserved, s.low_stock_threshold, t.time_zone,
                p.active and t.active as is_counted, coalesce(p.category_id, 0) as category_id, c.unit_cost,
                case
                    when s.keeps_lots then
                        coalesce(l.value, 0)
                        + case when s.on_hand = coalesce(l.quantity, 0) then 0 else round((s.on_hand - coalesce(l.quantity, 0)) * c.unit_cost, 6) end
                    when s.on_hand = 0 then 0
                    else round(s.on_hand * c.unit_cost, 6)
                end as cost_value,
                p.base_price, case when s.on_hand = 0 then 0 else s.on_hand * p.base_price end as price_value
            from inventory.inventory_stock as s
            join inventory.stores as t on t.store_id = s.store_id
            join inventory.products as p on p.product_id = s.product_id
            left join (
                select o.store_id, o.product_id, sum(o.remaining_quantity)::bigint as quantity, sum(o.remaining_value) as value
                from inventory.stock_lots as o
                where o.is_open
                group by o.store_id, o.product_id
            ) as l on s.keeps_lots and l.store_id = s.store_id and l.product_id = s.product_id
            left join (
                select distinct on (d.store_id, i.product_id)
                    d.store_id, i.product_id, i.unit_cost * i.quantity * i.denominator / i.numerator as unit_cost
                from inventory.stock_document_lines as i
                join inventory.stock_documents as d on d.document_id = i.document_id
                where i.unit_cost is not null and d.kind = 'purchase'
                order by d.store_id, i.product_id, i.document_id desc, i.line desc
            ) as c on c.store_id = s.store_id and c.product_id = s.product_id
        )
        select
            coalesce(s.store_id, f.store_id), coalesce(s.product_id, f.product_id), f.version is not null, s.version is not null,
            coalesce(f.is_counted, false), coalesce(f.is_alerted, false), f.category_id, f.on_hand, f.reserved, f.low_stock_threshold,
            f.cost_value, f.price_value, f.sold_on, f.sold,
            coalesce(s.is_counted, false), s.category_id, s.version, s.on_hand, s.reserved, s.low_stock_threshold,
            s.unit_cost, s.cost_value, s.base_price, s.price_value,
            null::bigint, null::bigint, null::bigint, null::bigint, false,
            case when f.version = s.version then f.moved_at else greatest(f.moved_at, (
                select m.recorded_at from inventory.stock_ledger as m
                where m.store_id = s.store_id and m.product_id = s.product_id and m.version = s.version
                limit 1
            )) end,
            null::numeric, null::timestamptz, null::timestamptz, s.time_zone, true, f.ctid
        from stock as s
        full join inventory.folded_stock as f on f.product_id = s.product_id and f.store_id = s.store_id
        where (f.version, f.on_hand, f.reserved, f.low_stock_threshold, f.is_counted, f.category_id, f.unit_cost, f.cost_value, f.base_price, f.price_value)
            is distinct from
            (s.version, s.on_hand, s.reserved, s.low_stock_threshold, s.is_counted, s.category_id, s.unit_cost, s.cost_value, s.base_price, s.price_value);
end
$$;

comment on function inventory._unfolded_whole() is 'Every stock row that is not as its shadow says.';
