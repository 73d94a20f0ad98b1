-- Stock rows of active products in active stores with no more available than their threshold: what is short, how urgent, since when.
-- As of the position of the views; names as they are now.
create or replace view inventory.low_stock_alerts_mv with (security_invoker = true) as
select
    a.store_id, t.code as store, a.product_id, p.sku, p.name, c.code as category, v.code as vendor, a.available,
    a.low_stock_threshold as threshold, a.low_stock_threshold::numeric - a.available as shortage,
    inventory._stock_status(a.available, a.low_stock_threshold) as status, a.sold_30,
    case when a.sold_30 > 0 then pg_catalog.round(greatest(a.available, 0)::numeric * 30 / a.sold_30, 2) end as days_of_cover, a.rank, a.since
from inventory.folded_alerts as a
join inventory.stores as t on t.store_id = a.store_id
join inventory.products as p on p.product_id = a.product_id
left join inventory.categories as c on c.category_id = p.category_id
left join inventory.vendors as v on v.vendor_id = p.vendor_id
where t.active and p.active and a.available <= a.low_stock_threshold;

comment on view inventory.low_stock_alerts_mv is
    'Stock rows at or below their threshold, as of the position of the views. Order by rank: what is most urgent comes first.';
comment on column inventory.low_stock_alerts_mv.store_id is 'The store.';
comment on column inventory.low_stock_alerts_mv.store is 'Its code.';
comment on column inventory.low_stock_alerts_mv.product_id is 'The product.';
comment on column inventory.low_stock_alerts_mv.sku is 'Its code.';
comment on column inventory.low_stock_alerts_mv.name is 'Its name.';
comment on column inventory.low_stock_alerts_mv.category is 'Code of its category; null when none.';
comment on column inventory.low_stock_alerts_mv.vendor is 'Code of its vendor; null when none.';
comment on column inventory.low_stock_alerts_mv.available is 'on_hand - reserved.';
comment on column inventory.low_stock_alerts_mv.threshold is 'low_stock_threshold of the stock row.';
comment on column inventory.low_stock_alerts_mv.shortage is 'threshold - available.';
comment on column inventory.low_stock_alerts_mv.status is 'out_of_stock: available <= 0; else low_stock.';
comment on column inventory.low_stock_alerts_mv.sold_30 is 'Base units sold in the 30 whole days before today in the stores time zone, less returned.';
comment on column inventory.low_stock_alerts_mv.days_of_cover is 'For how many days what is available lasts at sold_30 / 30 a day; null without sales.';
comment on column inventory.low_stock_alerts_mv.rank is 'Lower is more urgent. Out of stock: minus what is sold a day; else days of cover; without sales 1e9.';
comment on column inventory.low_stock_alerts_mv.since is 'When it crossed its threshold downwards; kept over a rebuild.';
