-- Per active store and category of its active products: what is there, what it is worth, how its stock rows stand.
-- As of the position of the views; names as they are now.
create or replace view inventory.inventory_by_shop_category_mv with (security_invoker = true) as
select
    t.store_id, t.code as store, s.category_id, c.code as category, c.name as category_name,
    s.products, s.in_stock, s.low_stock, s.out_of_stock, s.on_hand, s.reserved, s.on_hand - s.reserved as available, t.currency,
    s.cost_value as value_at_cost, s.without_cost as products_without_cost, s.price_value as value_at_price,
    s.without_price as products_without_price
from inventory.folded_store_categories as s
join inventory.stores as t on t.store_id = s.store_id
left join inventory.categories as c on c.category_id = s.category_id
where t.active and s.products > 0;

comment on view inventory.inventory_by_shop_category_mv is 'Per store and category, as of the position of the views.';
comment on column inventory.inventory_by_shop_category_mv.store_id is 'The store.';
comment on column inventory.inventory_by_shop_category_mv.store is 'Its code.';
comment on column inventory.inventory_by_shop_category_mv.category_id is 'The category; 0 for products without one.';
comment on column inventory.inventory_by_shop_category_mv.category is 'Its code; null for products without one.';
comment on column inventory.inventory_by_shop_category_mv.category_name is 'Its name.';
comment on column inventory.inventory_by_shop_category_mv.products is 'Stock rows of active products.';
comment on column inventory.inventory_by_shop_category_mv.in_stock is 'Those above their threshold.';
comment on column inventory.inventory_by_shop_category_mv.low_stock is 'Those with 0 < available <= threshold.';
comment on column inventory.inventory_by_shop_category_mv.out_of_stock is 'Those with available <= 0.';
comment on column inventory.inventory_by_shop_category_mv.on_hand is 'Sum of on_hand.';
comment on column inventory.inventory_by_shop_category_mv.reserved is 'Sum of reserved.';
comment on column inventory.inventory_by_shop_category_mv.available is 'on_hand - reserved.';
comment on column inventory.inventory_by_shop_category_mv.currency is 'Of the values.';
comment on column inventory.inventory_by_shop_category_mv.value_at_cost is 'Sum of what is known: of each stock row what its open lots have left, and on_hand in no lot times the unit cost of the last purchase there.';
comment on column inventory.inventory_by_shop_category_mv.products_without_cost is 'Stock rows with units whose cost is unknown; not in value_at_cost.';
comment on column inventory.inventory_by_shop_category_mv.value_at_price is 'Sum of on_hand * base_price.';
comment on column inventory.inventory_by_shop_category_mv.products_without_price is 'Stock rows with units whose product has no price; not in value_at_price.';
