-- Per active store: what is there, what it is worth, how its stock rows stand. As of the position of the views; names as they are now.
create or replace view inventory.inventory_by_shop_mv with (security_invoker = true) as
select
    t.store_id, t.code as store, t.name,
    s.products, s.in_stock, s.low_stock, s.out_of_stock, s.on_hand, s.reserved, s.on_hand - s.reserved as available, t.currency,
    s.cost_value as value_at_cost, s.without_cost as products_without_cost, s.price_value as value_at_price,
    s.without_price as products_without_price
from inventory.stores as t
cross join lateral (
    select
        coalesce(pg_catalog.sum(f.products), 0)::integer as products, coalesce(pg_catalog.sum(f.in_stock), 0)::integer as in_stock,
        coalesce(pg_catalog.sum(f.low_stock), 0)::integer as low_stock, coalesce(pg_catalog.sum(f.out_of_stock), 0)::integer as out_of_stock,
        coalesce(pg_catalog.sum(f.on_hand), 0) as on_hand, coalesce(pg_catalog.sum(f.reserved), 0) as reserved,
        coalesce(pg_catalog.sum(f.cost_value), 0) as cost_value, coalesce(pg_catalog.sum(f.without_cost), 0)::integer as without_cost,
        coalesce(pg_catalog.sum(f.price_value), 0) as price_value, coalesce(pg_catalog.sum(f.without_price), 0)::integer as without_price
    from inventory.folded_store_categories as f
    where f.store_id = t.store_id
) as s
where t.active;

comment on view inventory.inventory_by_shop_mv is 'Per store, as of the position of the views.';
comment on column inventory.inventory_by_shop_mv.store_id is 'The store.';
comment on column inventory.inventory_by_shop_mv.store is 'Its code.';
comment on column inventory.inventory_by_shop_mv.name is 'Its name.';
comment on column inventory.inventory_by_shop_mv.products is 'Stock rows of active products.';
comment on column inventory.inventory_by_shop_mv.in_stock is 'Those above their threshold.';
comment on column inventory.inventory_by_shop_mv.low_stock is 'Those with 0 < available <= threshold.';
comment on column inventory.inventory_by_shop_mv.out_of_stock is 'Those with available <= 0.';
comment on column inventory.inventory_by_shop_mv.on_hand is 'Sum of on_hand.';
comment on column inventory.inventory_by_shop_mv.reserved is 'Sum of reserved.';
comment on column inventory.inventory_by_shop_mv.available is 'on_hand - reserved.';
comment on column inventory.inventory_by_shop_mv.currency is 'Of the values.';
comment on column inventory.inventory_by_shop_mv.value_at_cost is 'Sum of what is known: of each stock row what its open lots have left, and on_hand in no lot times the unit cost of the last purchase there.';
comment on column inventory.inventory_by_shop_mv.products_without_cost is 'Stock rows with units whose cost is unknown; not in value_at_cost.';
comment on column inventory.inventory_by_shop_mv.value_at_price is 'Sum of on_hand * base_price.';
comment on column inventory.inventory_by_shop_mv.products_without_price is 'Stock rows with units whose product has no price; not in value_at_price.';
