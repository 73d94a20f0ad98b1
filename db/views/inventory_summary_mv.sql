-- Per active product over all active stores: what is there, what it is worth, how it stands. As of the position of the views; names, prices and units
-- as they are now.
-- A login that is held to some stores sees their sums: the folded ones are of all stores, so its own are added up for it.
create or replace view inventory.inventory_summary_mv with (security_invoker = true) as
select
    x.product_id, x.sku, x.name, v.code as vendor, c.code as category, x.availability, x.base_unit,
    x.on_hand, x.reserved, x.on_hand - x.reserved as available, x.status,
    x.stores, x.stores_with_stock, x.stores_low, x.stores_out,
    m.currency,
    case when x.stores_without_cost = 0 and m.currency is not null then x.cost_value end as value_at_cost,
    case when m.currency is not null then case when x.on_hand = 0 then 0 else x.on_hand * x.base_price end end as value_at_price,
    pg_catalog.div(greatest(x.on_hand - x.reserved, 0), x.pieces_per_pack::numeric * x.packs_per_box) as boxes,
    pg_catalog.div(
        pg_catalog.mod(greatest(x.on_hand - x.reserved, 0), x.pieces_per_pack::numeric * x.packs_per_box), x.pieces_per_pack
    ) as packs,
    pg_catalog.mod(greatest(x.on_hand - x.reserved, 0), x.pieces_per_pack) as pieces,
    x.moved_at as last_movement_at
from (
    select
        p.product_id, p.sku, p.name, p.vendor_id, p.category_id, p.availability, p.base_unit, p.base_price, p.pieces_per_pack, p.packs_per_box,
        f.status, f.on_hand, f.reserved, f.stores, f.stores_with_stock, f.stores_low, f.stores_out, f.cost_value, f.stores_without_cost,
        f.moved_at
    from inventory.products as p
    join inventory.folded_products as f on f.product_id = p.product_id
    where p.active
    union all
    select
        p.product_id, p.sku, p.name, p.vendor_id, p.category_id, p.availability, p.base_unit, p.base_price, p.pieces_per_pack, p.packs_per_box,
        inventory._stock_status(s.on_hand - s.reserved, s.threshold), s.on_hand, s.reserved, s.stores, s.stores_with_stock, s.stores_low,
        s.stores_out, s.cost_value, s.stores_without_cost, s.moved_at
    from inventory.products as p
    cross join lateral (
        select
            coalesce(pg_catalog.sum(f.on_hand), 0) as on_hand, coalesce(pg_catalog.sum(f.reserved), 0) as reserved,
            coalesce(pg_catalog.sum(f.low_stock_threshold), 0) as threshold, pg_catalog.count(*)::integer as stores,
            (pg_catalog.count(*) filter (where f.on_hand > 0))::integer as stores_with_stock,
            (pg_catalog.count(*) filter (
                where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'low_stock'
            ))::integer as stores_low,
            (pg_catalog.count(*) filter (
                where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'out_of_stock'
            ))::integer as stores_out,
            coalesce(pg_catalog.sum(f.cost_value), 0) as cost_value,
            (pg_catalog.count(*) filter (where f.cost_value is null))::integer as stores_without_cost, pg_catalog.max(f.moved_at) as moved_at
        from inventory.folded_stock as f
        where f.product_id = p.product_id and f.is_counted
    ) as s
    where p.active and (select pg_catalog.has_table_privilege(session_user, 'inventory.store_access'::regclass::oid, 'SELECT') and inventory._own_stores() is not null)
) as x
left join inventory.vendors as v on v.vendor_id = x.vendor_id
left join inventory.categories as c on c.category_id = x.category_id
cross join (
    select case when o.first = o.last then o.first end as currency
    from (
        select
            (select pg_catalog.min(t.currency) from inventory.stores as t where t.active) as first,
            (select pg_catalog.max(t.currency) from inventory.stores as t where t.active) as last
    ) as o
    -- Worked out once; pulled up, it would stand at each of the places that ask for it.
    offset 0
) as m;

comment on view inventory.inventory_summary_mv is
    'Per product over all stores, as of the position of the views. status: out_of_stock with nothing available, low_stock at or below the sum of its thresholds.';
comment on column inventory.inventory_summary_mv.product_id is 'The product.';
comment on column inventory.inventory_summary_mv.sku is 'Its code.';
comment on column inventory.inventory_summary_mv.name is 'Its name.';
comment on column inventory.inventory_summary_mv.vendor is 'Code of its vendor; null when none.';
comment on column inventory.inventory_summary_mv.category is 'Code of its category; null when none.';
comment on column inventory.inventory_summary_mv.availability is 'What people say of the offer.';
comment on column inventory.inventory_summary_mv.base_unit is 'The unit of every quantity.';
comment on column inventory.inventory_summary_mv.on_hand is 'Sum of on_hand.';
comment on column inventory.inventory_summary_mv.reserved is 'Sum of reserved.';
comment on column inventory.inventory_summary_mv.available is 'on_hand - reserved.';
comment on column inventory.inventory_summary_mv.status is 'out_of_stock: available <= 0; low_stock: available <= the sum of its stock rows thresholds; else in_stock.';
comment on column inventory.inventory_summary_mv.stores is 'Active stores with a stock row.';
comment on column inventory.inventory_summary_mv.stores_with_stock is 'Those with on_hand > 0.';
comment on column inventory.inventory_summary_mv.stores_low is 'Those with 0 < available <= threshold.';
comment on column inventory.inventory_summary_mv.stores_out is 'Those with available <= 0.';
comment on column inventory.inventory_summary_mv.currency is 'Of the values: the one of all active stores; null when they have several.';
comment on column inventory.inventory_summary_mv.value_at_cost is
    'Of each stock row what its open lots have left, and on_hand in no lot times the unit cost of the last purchase there; null when that is unknown for a stock row with units, or currencies differ.';
comment on column inventory.inventory_summary_mv.value_at_price is 'on_hand * base_price; null without a price, or when currencies differ.';
comment on column inventory.inventory_summary_mv.boxes is 'Whole boxes in what is available; 0 when that is negative.';
comment on column inventory.inventory_summary_mv.packs is 'Whole packs in the rest.';
comment on column inventory.inventory_summary_mv.pieces is 'Base units in the rest of that.';
comment on column inventory.inventory_summary_mv.last_movement_at is
    'When its last movement was recorded; null when none is kept. For a login that is held to some stores: of the stock rows that are there and count.';
