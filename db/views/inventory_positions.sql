-- Every stock row of an active product in an active store, with names and status: what lists show. A plain view, so always the truth.
create or replace view inventory.inventory_positions with (security_invoker = true) as
select
    s.store_id, t.code as store, t.name as store_name, s.product_id, p.sku, p.name, c.code as category, v.code as vendor, p.availability,
    p.base_unit, s.on_hand, s.reserved, s.available, s.low_stock_threshold as threshold,
    inventory._stock_status(s.available, s.low_stock_threshold) as status, s.allow_negative, s.version, p.base_price, t.currency, s.updated_at
from inventory.inventory_stock as s
join inventory.stores as t on t.store_id = s.store_id
join inventory.products as p on p.product_id = s.product_id
left join inventory.categories as c on c.category_id = p.category_id
left join inventory.vendors as v on v.vendor_id = p.vendor_id
where t.active and p.active;

comment on view inventory.inventory_positions is 'Every stock row of an active product in an active store, with names and status.';
comment on column inventory.inventory_positions.store_id is 'The store.';
comment on column inventory.inventory_positions.store is 'Its code.';
comment on column inventory.inventory_positions.store_name is 'Its name.';
comment on column inventory.inventory_positions.product_id is 'The product.';
comment on column inventory.inventory_positions.sku is 'Its code.';
comment on column inventory.inventory_positions.name is 'Its name.';
comment on column inventory.inventory_positions.category is 'Code of its category; null when none.';
comment on column inventory.inventory_positions.vendor is 'Code of its vendor; null when none.';
comment on column inventory.inventory_positions.availability is 'What people say of the offer.';
comment on column inventory.inventory_positions.base_unit is 'The unit of every quantity.';
comment on column inventory.inventory_positions.on_hand is 'Base units in the store.';
comment on column inventory.inventory_positions.reserved is 'Of those, promised to orders.';
comment on column inventory.inventory_positions.available is 'on_hand - reserved.';
comment on column inventory.inventory_positions.threshold is 'low_stock_threshold of the stock row.';
comment on column inventory.inventory_positions.status is 'out_of_stock: available <= 0; low_stock: available <= threshold; else in_stock.';
comment on column inventory.inventory_positions.allow_negative is 'Whether available may fall below zero.';
comment on column inventory.inventory_positions.version is 'Number of movements of the stock row, ever.';
comment on column inventory.inventory_positions.base_price is 'Price of a base unit; null when none is set.';
comment on column inventory.inventory_positions.currency is 'Of the price in this store.';
comment on column inventory.inventory_positions.updated_at is 'When the stock row last changed.';
