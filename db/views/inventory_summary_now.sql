-- Per active product over all active stores: what is there, what it is worth, how it stands. The truth of the reader's own snapshot, own uncommitted changes
-- included: what is folded, and what is not yet.
-- A login that is held to some stores sees their sums: the folded ones are of all stores, so its own are added up for it.
create or replace view inventory.inventory_summary_now with (security_invoker = true) as
with unfolded as (
    select
        u.product_id,
        coalesce(pg_catalog.sum(u.on_hand) filter (where u.is_counted), 0) - coalesce(pg_catalog.sum(u.was_on_hand) filter (where u.was_counted), 0) as on_hand,
        coalesce(pg_catalog.sum(u.reserved) filter (where u.is_counted), 0) - coalesce(pg_catalog.sum(u.was_reserved) filter (where u.was_counted), 0) as reserved,
        coalesce(pg_catalog.sum(u.threshold) filter (where u.is_counted), 0) - coalesce(pg_catalog.sum(u.was_threshold) filter (where u.was_counted), 0) as threshold,
        pg_catalog.count(*) filter (where u.is_counted) - pg_catalog.count(*) filter (where u.was_counted) as stores,
        pg_catalog.count(*) filter (where u.is_counted and u.on_hand > 0) - pg_catalog.count(*) filter (where u.was_counted and u.was_on_hand > 0) as stores_with_stock,
        pg_catalog.count(*) filter (where u.is_counted and inventory._stock_status(u.on_hand - u.reserved, u.threshold) = 'low_stock')
            - pg_catalog.count(*) filter (where u.was_counted and inventory._stock_status(u.was_on_hand - u.was_reserved, u.was_threshold) = 'low_stock')
            as stores_low,
        pg_catalog.count(*) filter (where u.is_counted and inventory._stock_status(u.on_hand - u.reserved, u.threshold) = 'out_of_stock')
            - pg_catalog.count(*) filter (where u.was_counted and inventory._stock_status(u.was_on_hand - u.was_reserved, u.was_threshold) = 'out_of_stock')
            as stores_out,
        coalesce(pg_catalog.sum(u.cost_value) filter (where u.is_counted), 0) - coalesce(pg_catalog.sum(u.was_cost_value) filter (where u.was_counted), 0) as cost_value,
        pg_catalog.count(*) filter (where u.is_counted and u.cost_value is null) - pg_catalog.count(*) filter (where u.was_counted and u.was_cost_value is null)
            as stores_without_cost,
        pg_catalog.max(u.moved_at) as moved_at
    from inventory._unfolded() as u
    group by u.product_id
)
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
        inventory._stock_status(
            coalesce(s.on_hand, 0) + coalesce(u.on_hand, 0) - coalesce(s.reserved, 0) - coalesce(u.reserved, 0),
            coalesce(s.threshold, 0) + coalesce(u.threshold, 0)
        ) as status,
        coalesce(s.on_hand, 0) + coalesce(u.on_hand, 0) as on_hand, coalesce(s.reserved, 0) + coalesce(u.reserved, 0) as reserved,
        (coalesce(s.stores, 0) + coalesce(u.stores, 0))::integer as stores,
        (coalesce(s.stores_with_stock, 0) + coalesce(u.stores_with_stock, 0))::integer as stores_with_stock,
        (coalesce(s.stores_low, 0) + coalesce(u.stores_low, 0))::integer as stores_low,
        (coalesce(s.stores_out, 0) + coalesce(u.stores_out, 0))::integer as stores_out,
        coalesce(s.cost_value, 0) + coalesce(u.cost_value, 0) as cost_value,
        (coalesce(s.stores_without_cost, 0) + coalesce(u.stores_without_cost, 0))::integer as stores_without_cost,
        greatest(s.moved_at, u.moved_at) as moved_at
    from inventory.products as p
    left join lateral (
        select
            f.on_hand, f.reserved, f.low_stock_threshold as threshold, f.stores, f.stores_with_stock, f.stores_low, f.stores_out,
            f.cost_value, f.stores_without_cost, f.moved_at
        from inventory.folded_products as f
        where f.product_id = p.product_id
        union all
        select
            pg_catalog.sum(f.on_hand), pg_catalog.sum(f.reserved), pg_catalog.sum(f.low_stock_threshold), pg_catalog.count(*),
            pg_catalog.count(*) filter (where f.on_hand > 0),
            pg_catalog.count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'low_stock'),
            pg_catalog.count(*) filter (where inventory._stock_status(f.on_hand - f.reserved, f.low_stock_threshold) = 'out_of_stock'),
            pg_catalog.sum(f.cost_value), pg_catalog.count(*) filter (where f.cost_value is null), pg_catalog.max(f.moved_at)
        from inventory.folded_stock as f
        where f.product_id = p.product_id and f.is_counted and (select pg_catalog.has_table_privilege(session_user, 'inventory.store_access'::regclass::oid, 'SELECT') and inventory._own_stores() is not null)
        having (select pg_catalog.has_table_privilege(session_user, 'inventory.store_access'::regclass::oid, 'SELECT') and inventory._own_stores() is not null)
    ) as s on true
    left join unfolded as u on u.product_id = p.product_id
    where p.active
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

comment on view inventory.inventory_summary_now is
    'Per product over all stores: exact, in the reader''s own snapshot. status: out_of_stock with nothing available, low_stock at or below the sum of its thresholds.'
    ' Costs a look-up per stock row that the feed tells of since the last fold, and a walk over all of them where it tells of more than a third as many, or nothing was folded yet.';
comment on column inventory.inventory_summary_now.product_id is 'The product.';
comment on column inventory.inventory_summary_now.sku is 'Its code.';
comment on column inventory.inventory_summary_now.name is 'Its name.';
comment on column inventory.inventory_summary_now.vendor is 'Code of its vendor; null when none.';
comment on column inventory.inventory_summary_now.category is 'Code of its category; null when none.';
comment on column inventory.inventory_summary_now.availability is 'What people say of the offer.';
comment on column inventory.inventory_summary_now.base_unit is 'The unit of every quantity.';
comment on column inventory.inventory_summary_now.on_hand is 'Sum of on_hand.';
comment on column inventory.inventory_summary_now.reserved is 'Sum of reserved.';
comment on column inventory.inventory_summary_now.available is 'on_hand - reserved.';
comment on column inventory.inventory_summary_now.status is 'out_of_stock: available <= 0; low_stock: available <= the sum of its stock rows thresholds; else in_stock.';
comment on column inventory.inventory_summary_now.stores is 'Active stores with a stock row.';
comment on column inventory.inventory_summary_now.stores_with_stock is 'Those with on_hand > 0.';
comment on column inventory.inventory_summary_now.stores_low is 'Those with 0 < available <= threshold.';
comment on column inventory.inventory_summary_now.stores_out is 'Those with available <= 0.';
comment on column inventory.inventory_summary_now.currency is 'Of the values: the one of all active stores; null when they have several.';
comment on column inventory.inventory_summary_now.value_at_cost is
    'Of each stock row what its open lots have left, and on_hand in no lot times the unit cost of the last purchase there; null when that is unknown for a stock row with units, or currencies differ.';
comment on column inventory.inventory_summary_now.value_at_price is 'on_hand * base_price; null without a price, or when currencies differ.';
comment on column inventory.inventory_summary_now.boxes is 'Whole boxes in what is available; 0 when that is negative.';
comment on column inventory.inventory_summary_now.packs is 'Whole packs in the rest.';
comment on column inventory.inventory_summary_now.pieces is 'Base units in the rest of that.';
comment on column inventory.inventory_summary_now.last_movement_at is
    'When its last movement was recorded; null when none is kept. For a login that is held to some stores: of the stock rows that are there and count.';
