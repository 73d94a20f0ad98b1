-- Stock rows of active products in active stores with no more available than their threshold: what is short, how urgent, since when.
-- The truth of the reader's own snapshot, own uncommitted changes included.
create or replace view inventory.low_stock_alerts_now with (security_invoker = true) as
with unfolded as materialized (select * from inventory._unfolded())
select
    a.store_id, t.code as store, a.product_id, p.sku, p.name, c.code as category, v.code as vendor, a.available,
    a.low_stock_threshold as threshold, a.low_stock_threshold::numeric - a.available as shortage,
    inventory._stock_status(a.available, a.low_stock_threshold) as status, a.sold_30,
    case when a.sold_30 > 0 then pg_catalog.round(greatest(a.available, 0)::numeric * 30 / a.sold_30, 2) end as days_of_cover, a.rank, a.since
from (
    select
        f.store_id, f.product_id, f.available, f.low_stock_threshold, v.sold_30,
        case when v.sold_30 = f.sold_30 then f.rank else inventory._alert_rank(f.available, v.sold_30) end as rank, f.since
    from inventory.folded_alerts as f
    join inventory.stores as t on t.store_id = f.store_id
    left join inventory.folded_stores as d on d.store_id = f.store_id
    -- After midnight there, until it is folded, the window is another one.
    cross join lateral (
        select
            case
                when d.day = (pg_catalog.now() at time zone t.time_zone)::date then f.sold_30
                else inventory._sold_30(f.store_id, f.product_id, (pg_catalog.now() at time zone t.time_zone)::date)
            end as sold_30
    ) as v
    where not exists (select from unfolded as u where u.store_id = f.store_id and u.product_id = f.product_id)
    union all
    select
        u.store_id, u.product_id, u.on_hand - u.reserved, u.threshold, v.sold_30, inventory._alert_rank(u.on_hand - u.reserved, v.sold_30),
        coalesce(f.since, s.updated_at, pg_catalog.now())
    from unfolded as u
    left join inventory.folded_alerts as f on f.store_id = u.store_id and f.product_id = u.product_id
    left join inventory.inventory_stock as s on s.store_id = u.store_id and s.product_id = u.product_id
    cross join lateral (select inventory._sold_30_now(u) as sold_30) as v
    where u.is_counted
) as a
join inventory.stores as t on t.store_id = a.store_id
join inventory.products as p on p.product_id = a.product_id
left join inventory.categories as c on c.category_id = p.category_id
left join inventory.vendors as v on v.vendor_id = p.vendor_id
where t.active and p.active and a.available <= a.low_stock_threshold;

comment on view inventory.low_stock_alerts_now is
    'Stock rows at or below their threshold: exact, in the reader''s own snapshot. Order by rank: what is most urgent comes first.'
    ' Costs a look-up per stock row that the feed tells of since the last fold, and a walk over all of them where it tells of more than a third as many, or nothing was folded yet.';
comment on column inventory.low_stock_alerts_now.store_id is 'The store.';
comment on column inventory.low_stock_alerts_now.store is 'Its code.';
comment on column inventory.low_stock_alerts_now.product_id is 'The product.';
comment on column inventory.low_stock_alerts_now.sku is 'Its code.';
comment on column inventory.low_stock_alerts_now.name is 'Its name.';
comment on column inventory.low_stock_alerts_now.category is 'Code of its category; null when none.';
comment on column inventory.low_stock_alerts_now.vendor is 'Code of its vendor; null when none.';
comment on column inventory.low_stock_alerts_now.available is 'on_hand - reserved.';
comment on column inventory.low_stock_alerts_now.threshold is 'low_stock_threshold of the stock row.';
comment on column inventory.low_stock_alerts_now.shortage is 'threshold - available.';
comment on column inventory.low_stock_alerts_now.status is 'out_of_stock: available <= 0; else low_stock.';
comment on column inventory.low_stock_alerts_now.sold_30 is 'Base units sold in the 30 whole days before today in the stores time zone, less returned. After the store was given another time zone: by the old one until that is folded.';
comment on column inventory.low_stock_alerts_now.days_of_cover is 'For how many days what is available lasts at sold_30 / 30 a day; null without sales.';
comment on column inventory.low_stock_alerts_now.rank is 'Lower is more urgent. Out of stock: minus what is sold a day; else days of cover; without sales 1e9.';
comment on column inventory.low_stock_alerts_now.since is 'When it crossed its threshold downwards; for a fall that is not folded yet, when its row was last changed.';
