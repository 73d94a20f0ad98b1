-- Per active store: what is there, what it is worth, how its stock rows stand. The truth of the reader's own snapshot, own uncommitted changes included.
create or replace view inventory.inventory_by_shop_now with (security_invoker = true) as
with unfolded as materialized (select * from inventory._unfolded()),
parts as (
    select
        u.store_id, -1 as sign, -u.was_on_hand::numeric as on_hand, -u.was_reserved::numeric as reserved,
        -u.was_cost_value as cost_value, -u.was_price_value as price_value,
        inventory._stock_status(u.was_on_hand - u.was_reserved, u.was_threshold) as status
    from unfolded as u
    where u.was_counted
    union all
    select
        u.store_id, 1, u.on_hand, u.reserved, u.cost_value, u.price_value,
        inventory._stock_status(u.on_hand - u.reserved, u.threshold)
    from unfolded as u
    where u.is_counted
),
-- Once for all stores, not again for each.
tail as materialized (
    select
        p.store_id, pg_catalog.sum(p.sign) as products,
        pg_catalog.sum(case when p.status = 'in_stock' then p.sign else 0 end) as in_stock,
        pg_catalog.sum(case when p.status = 'low_stock' then p.sign else 0 end) as low_stock,
        pg_catalog.sum(case when p.status = 'out_of_stock' then p.sign else 0 end) as out_of_stock,
        pg_catalog.sum(p.on_hand) as on_hand, pg_catalog.sum(p.reserved) as reserved, coalesce(pg_catalog.sum(p.cost_value), 0) as cost_value,
        pg_catalog.sum(case when p.cost_value is null then p.sign else 0 end) as without_cost,
        coalesce(pg_catalog.sum(p.price_value), 0) as price_value,
        pg_catalog.sum(case when p.price_value is null then p.sign else 0 end) as without_price
    from parts as p
    group by p.store_id
)
select
    t.store_id, t.code as store, t.name,
    s.products, s.in_stock, s.low_stock, s.out_of_stock, s.on_hand, s.reserved, s.on_hand - s.reserved as available, t.currency,
    s.cost_value as value_at_cost, s.without_cost as products_without_cost, s.price_value as value_at_price,
    s.without_price as products_without_price
from inventory.stores as t
left join tail as k on k.store_id = t.store_id
cross join lateral (
    select
        (coalesce(pg_catalog.sum(f.products), 0) + coalesce(k.products, 0))::integer as products,
        (coalesce(pg_catalog.sum(f.in_stock), 0) + coalesce(k.in_stock, 0))::integer as in_stock,
        (coalesce(pg_catalog.sum(f.low_stock), 0) + coalesce(k.low_stock, 0))::integer as low_stock,
        (coalesce(pg_catalog.sum(f.out_of_stock), 0) + coalesce(k.out_of_stock, 0))::integer as out_of_stock,
        coalesce(pg_catalog.sum(f.on_hand), 0) + coalesce(k.on_hand, 0) as on_hand,
        coalesce(pg_catalog.sum(f.reserved), 0) + coalesce(k.reserved, 0) as reserved,
        coalesce(pg_catalog.sum(f.cost_value), 0) + coalesce(k.cost_value, 0) as cost_value,
        (coalesce(pg_catalog.sum(f.without_cost), 0) + coalesce(k.without_cost, 0))::integer as without_cost,
        coalesce(pg_catalog.sum(f.price_value), 0) + coalesce(k.price_value, 0) as price_value,
        (coalesce(pg_catalog.sum(f.without_price), 0) + coalesce(k.without_price, 0))::integer as without_price
    from inventory.folded_store_categories as f
    where f.store_id = t.store_id
) as s
where t.active;

comment on view inventory.inventory_by_shop_now is
    'Per store: exact, in the reader''s own snapshot.'
    ' Costs a look-up per stock row that the feed tells of since the last fold, and a walk over all of them where it tells of more than a third as many, or nothing was folded yet.';
comment on column inventory.inventory_by_shop_now.store_id is 'The store.';
comment on column inventory.inventory_by_shop_now.store is 'Its code.';
comment on column inventory.inventory_by_shop_now.name is 'Its name.';
comment on column inventory.inventory_by_shop_now.products is 'Stock rows of active products.';
comment on column inventory.inventory_by_shop_now.in_stock is 'Those above their threshold.';
comment on column inventory.inventory_by_shop_now.low_stock is 'Those with 0 < available <= threshold.';
comment on column inventory.inventory_by_shop_now.out_of_stock is 'Those with available <= 0.';
comment on column inventory.inventory_by_shop_now.on_hand is 'Sum of on_hand.';
comment on column inventory.inventory_by_shop_now.reserved is 'Sum of reserved.';
comment on column inventory.inventory_by_shop_now.available is 'on_hand - reserved.';
comment on column inventory.inventory_by_shop_now.currency is 'Of the values.';
comment on column inventory.inventory_by_shop_now.value_at_cost is 'Sum of what is known: of each stock row what its open lots have left, and on_hand in no lot times the unit cost of the last purchase there.';
comment on column inventory.inventory_by_shop_now.products_without_cost is 'Stock rows with units whose cost is unknown; not in value_at_cost.';
comment on column inventory.inventory_by_shop_now.value_at_price is 'Sum of on_hand * base_price.';
comment on column inventory.inventory_by_shop_now.products_without_price is 'Stock rows with units whose product has no price; not in value_at_price.';
