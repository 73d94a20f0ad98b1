-- Figures of all stock, and per store, category and vendor, as of when fold_analytics() last worked them out. Days are whole days of each
-- store's time zone, without today. A login that is held to some stores sees the rows of those stores.
create or replace view inventory.inventory_analytics_mv with (security_invoker = true) as
select
    a.scope, a.id, coalesce(t.code, c.code, v.code) as code, coalesce(t.name, c.name, v.name) as name,
    a.products, a.stock_rows, a.on_hand, a.reserved, a.on_hand - a.reserved as available,
    pg_catalog.round(a.on_hand / nullif(o.on_hand, 0), 6) as share_of_units,
    a.low_stock, a.out_of_stock, pg_catalog.round(a.low_stock::numeric / nullif(a.stock_rows, 0), 6) as low_ratio,
    pg_catalog.round(a.out_of_stock::numeric / nullif(a.stock_rows, 0), 6) as out_ratio,
    a.currency, a.cost_value as value_at_cost, a.price_value as value_at_price,
    pg_catalog.round(a.price_value / nullif(o.price_value, 0), 6) as share_of_value,
    pg_catalog.round((a.price_value - a.cost_value) / nullif(a.price_value, 0), 6) as margin,
    a.sold_1, a.sold_7, a.sold_30,
    a.sold_1 as velocity_1, pg_catalog.round(a.sold_7 / 7, 6) as velocity_7, pg_catalog.round(a.sold_30 / 30, 6) as velocity_30,
    pg_catalog.round(a.sold_30 / nullif(a.on_hand, 0), 6) as turnover_30,
    pg_catalog.round((a.sold_7 - a.sold_7_before) / nullif(a.sold_7_before, 0), 6) as trend,
    a.dead_rows, a.dead_units, a.dead_value, a.as_of
from inventory.folded_analytics as a
left join inventory.folded_analytics as o on o.scope = 'overall' and o.id = 0
left join inventory.stores as t on a.scope = 'store' and t.store_id = a.id
left join inventory.categories as c on a.scope = 'category' and c.category_id = a.id
left join inventory.vendors as v on a.scope = 'vendor' and v.vendor_id = a.id;

comment on view inventory.inventory_analytics_mv is
    'Distribution, value, sales velocity, turnover, trend and dead stock: overall, per store, category and vendor, as of as_of.';
comment on column inventory.inventory_analytics_mv.scope is 'overall, store, category or vendor.';
comment on column inventory.inventory_analytics_mv.id is 'store_id, category_id or vendor_id; 0 for overall, and for products without category or vendor.';
comment on column inventory.inventory_analytics_mv.code is 'Its code.';
comment on column inventory.inventory_analytics_mv.name is 'Its name.';
comment on column inventory.inventory_analytics_mv.products is 'Active products with a stock row in an active store.';
comment on column inventory.inventory_analytics_mv.stock_rows is 'Their stock rows.';
comment on column inventory.inventory_analytics_mv.on_hand is 'Sum of on_hand.';
comment on column inventory.inventory_analytics_mv.reserved is 'Sum of reserved.';
comment on column inventory.inventory_analytics_mv.available is 'on_hand - reserved.';
comment on column inventory.inventory_analytics_mv.share_of_units is 'on_hand / on_hand overall.';
comment on column inventory.inventory_analytics_mv.low_stock is 'Stock rows with 0 < available <= threshold.';
comment on column inventory.inventory_analytics_mv.out_of_stock is 'Stock rows with available <= 0.';
comment on column inventory.inventory_analytics_mv.low_ratio is 'low_stock / stock_rows.';
comment on column inventory.inventory_analytics_mv.out_ratio is 'out_of_stock / stock_rows.';
comment on column inventory.inventory_analytics_mv.currency is 'Of the values; null when its stores have several, and so are the values.';
comment on column inventory.inventory_analytics_mv.value_at_cost is 'Sum of the known costs, as inventory_by_shop_mv says.';
comment on column inventory.inventory_analytics_mv.value_at_price is 'Sum of on_hand * base_price.';
comment on column inventory.inventory_analytics_mv.share_of_value is 'value_at_price / value_at_price overall.';
comment on column inventory.inventory_analytics_mv.margin is '(value_at_price - value_at_cost) / value_at_price; too high by what costs nobody knows (products_without_cost of inventory_by_shop_mv).';
comment on column inventory.inventory_analytics_mv.sold_1 is 'Base units of sales and deductions yesterday, less returned and compensated, by occurred_at.';
comment on column inventory.inventory_analytics_mv.sold_7 is 'The same in the last 7 whole days.';
comment on column inventory.inventory_analytics_mv.sold_30 is 'The same in the last 30 whole days.';
comment on column inventory.inventory_analytics_mv.velocity_1 is 'sold_1 a day.';
comment on column inventory.inventory_analytics_mv.velocity_7 is 'sold_7 / 7.';
comment on column inventory.inventory_analytics_mv.velocity_30 is 'sold_30 / 30.';
comment on column inventory.inventory_analytics_mv.turnover_30 is 'sold_30 / on_hand: how often what is there now was sold in 30 days.';
comment on column inventory.inventory_analytics_mv.trend is '(sold_7 - sold in the 7 days before) / sold in the 7 days before.';
comment on column inventory.inventory_analytics_mv.dead_rows is 'Stock rows with units on hand and no day, in the last dead_stock_days whole days or today, on which more was sold than came back.';
comment on column inventory.inventory_analytics_mv.dead_units is 'Their units.';
comment on column inventory.inventory_analytics_mv.dead_value is 'Their known costs.';
comment on column inventory.inventory_analytics_mv.as_of is 'When it was worked out.';
