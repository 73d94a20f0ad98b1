-- The figures of the views as GROUP BYs over the tables, written out: what every view is compared with. Of one snapshot, slow, and by
-- nothing that folds. Temporary, so that each test has its own; includes: \ir ../views_truth.sql
create temporary view truth_rows as
select
    s.store_id, t.code as store, t.currency, t.time_zone, s.product_id, p.sku, p.category_id, p.vendor_id, s.on_hand, s.reserved, s.available,
    s.low_stock_threshold as threshold,
    case when s.available <= 0 then 'out_of_stock' when s.available <= s.low_stock_threshold then 'low_stock' else 'in_stock' end as status,
    case when s.on_hand = 0 and v.value is null then 0 when v.is_unknown then null else v.value end as cost_value,
    case when s.on_hand = 0 then 0 else s.on_hand * p.base_price end as price_value
from inventory.inventory_stock as s
join inventory.stores as t on t.store_id = s.store_id
join inventory.products as p on p.product_id = s.product_id
left join (
    select v.store_code, v.sku, sum(v.value) as value, bool_or(v.value is null) as is_unknown
    from inventory.stock_valuation() as v
    group by v.store_code, v.sku
) as v on v.store_code = t.code and v.sku = p.sku
where t.active and p.active;

create temporary view truth_summary as
select
    p.product_id, p.sku, p.name, coalesce(sum(r.on_hand), 0) as on_hand, coalesce(sum(r.reserved), 0) as reserved,
    coalesce(sum(r.available), 0) as available,
    case
        when coalesce(sum(r.available), 0) <= 0 then 'out_of_stock'
        when sum(r.available) <= sum(r.threshold) then 'low_stock'
        else 'in_stock'
    end as status,
    count(r.store_id) as stores, count(r.store_id) filter (where r.on_hand > 0) as stores_with_stock,
    count(r.store_id) filter (where r.status = 'low_stock') as stores_low,
    count(r.store_id) filter (where r.status = 'out_of_stock') as stores_out,
    case
        when count(r.store_id) filter (where r.cost_value is null) = 0 and c.is_one then coalesce(sum(r.cost_value), 0)
    end as value_at_cost,
    case when c.is_one then case when coalesce(sum(r.on_hand), 0) = 0 then 0 else sum(r.on_hand) * p.base_price end end as value_at_price
from inventory.products as p
cross join (select count(distinct t.currency) = 1 as is_one from inventory.stores as t where t.active) as c
left join truth_rows as r on r.product_id = p.product_id
where p.active
group by p.product_id, c.is_one;

create temporary view truth_by_shop as
select
    t.store_id, count(r.product_id) as products, count(*) filter (where r.status = 'in_stock') as in_stock,
    count(*) filter (where r.status = 'low_stock') as low_stock, count(*) filter (where r.status = 'out_of_stock') as out_of_stock,
    coalesce(sum(r.on_hand), 0) as on_hand, coalesce(sum(r.reserved), 0) as reserved, coalesce(sum(r.cost_value), 0) as value_at_cost,
    count(r.product_id) filter (where r.cost_value is null) as products_without_cost, coalesce(sum(r.price_value), 0) as value_at_price,
    count(r.product_id) filter (where r.price_value is null) as products_without_price
from inventory.stores as t
left join truth_rows as r on r.store_id = t.store_id
where t.active
group by t.store_id;

create temporary view truth_by_shop_category as
select
    r.store_id, coalesce(r.category_id, 0) as category_id, count(*) as products, count(*) filter (where r.status = 'in_stock') as in_stock,
    count(*) filter (where r.status = 'low_stock') as low_stock, count(*) filter (where r.status = 'out_of_stock') as out_of_stock,
    sum(r.on_hand) as on_hand, sum(r.reserved) as reserved, coalesce(sum(r.cost_value), 0) as value_at_cost,
    count(*) filter (where r.cost_value is null) as products_without_cost, coalesce(sum(r.price_value), 0) as value_at_price,
    count(*) filter (where r.price_value is null) as products_without_price
from truth_rows as r
group by r.store_id, coalesce(r.category_id, 0);

create temporary view truth_low_stock as
select
    r.store_id, r.product_id, r.available, r.threshold, r.threshold::numeric - r.available as shortage, r.status, coalesce(m.sold_30, 0) as sold_30
from truth_rows as r
left join lateral (
    select sum(-l.on_hand_delta) as sold_30
    from inventory.stock_ledger as l
    where l.store_id = r.store_id and l.product_id = r.product_id and l.kind in ('sale', 'deduction', 'return', 'compensation')
        and l.occurred_at >= ((now() at time zone r.time_zone)::date - 30)::timestamp at time zone r.time_zone
        and l.occurred_at < ((now() at time zone r.time_zone)::date)::timestamp at time zone r.time_zone
) as m on true
where r.available <= r.threshold;

-- What differs, of one relation and its truth: a row per difference, with the side that it is on.
create temporary view differences_now as
select 'summary' as relation, d.* from (
    (select 'view' as side, to_jsonb(v) as row from (select product_id, sku, name, on_hand, reserved, available, status, stores, stores_with_stock, stores_low, stores_out, value_at_cost, value_at_price from inventory.inventory_summary_now) as v
    except all select 'view', to_jsonb(t) from truth_summary as t)
    union all
    (select 'truth', to_jsonb(t) from truth_summary as t
    except all select 'truth', to_jsonb(v) from (select product_id, sku, name, on_hand, reserved, available, status, stores, stores_with_stock, stores_low, stores_out, value_at_cost, value_at_price from inventory.inventory_summary_now) as v)
) as d
union all
select 'by_shop', d.* from (
    (select 'view', to_jsonb(v) from (select store_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_now) as v
    except all select 'view', to_jsonb(t) from truth_by_shop as t)
    union all
    (select 'truth', to_jsonb(t) from truth_by_shop as t
    except all select 'truth', to_jsonb(v) from (select store_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_now) as v)
) as d
union all
select 'by_shop_category', d.* from (
    (select 'view', to_jsonb(v) from (select store_id, category_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_category_now) as v
    except all select 'view', to_jsonb(t) from truth_by_shop_category as t)
    union all
    (select 'truth', to_jsonb(t) from truth_by_shop_category as t
    except all select 'truth', to_jsonb(v) from (select store_id, category_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_category_now) as v)
) as d
union all
select 'low_stock', d.* from (
    (select 'view', to_jsonb(v) from (select store_id, product_id, available, threshold, shortage, status, sold_30 from inventory.low_stock_alerts_now) as v
    except all select 'view', to_jsonb(t) from truth_low_stock as t)
    union all
    (select 'truth', to_jsonb(t) from truth_low_stock as t
    except all select 'truth', to_jsonb(v) from (select store_id, product_id, available, threshold, shortage, status, sold_30 from inventory.low_stock_alerts_now) as v)
) as d;
create temporary view differences_mv as
select 'summary' as relation, d.* from (
    (select 'view' as side, to_jsonb(v) as row from (select product_id, sku, name, on_hand, reserved, available, status, stores, stores_with_stock, stores_low, stores_out, value_at_cost, value_at_price from inventory.inventory_summary_mv) as v
    except all select 'view', to_jsonb(t) from truth_summary as t)
    union all
    (select 'truth', to_jsonb(t) from truth_summary as t
    except all select 'truth', to_jsonb(v) from (select product_id, sku, name, on_hand, reserved, available, status, stores, stores_with_stock, stores_low, stores_out, value_at_cost, value_at_price from inventory.inventory_summary_mv) as v)
) as d
union all
select 'by_shop', d.* from (
    (select 'view', to_jsonb(v) from (select store_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_mv) as v
    except all select 'view', to_jsonb(t) from truth_by_shop as t)
    union all
    (select 'truth', to_jsonb(t) from truth_by_shop as t
    except all select 'truth', to_jsonb(v) from (select store_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_mv) as v)
) as d
union all
select 'by_shop_category', d.* from (
    (select 'view', to_jsonb(v) from (select store_id, category_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_category_mv) as v
    except all select 'view', to_jsonb(t) from truth_by_shop_category as t)
    union all
    (select 'truth', to_jsonb(t) from truth_by_shop_category as t
    except all select 'truth', to_jsonb(v) from (select store_id, category_id, products, in_stock, low_stock, out_of_stock, on_hand, reserved, value_at_cost, products_without_cost, value_at_price, products_without_price
        from inventory.inventory_by_shop_category_mv) as v)
) as d
union all
select 'low_stock', d.* from (
    (select 'view', to_jsonb(v) from (select store_id, product_id, available, threshold, shortage, status, sold_30 from inventory.low_stock_alerts_mv) as v
    except all select 'view', to_jsonb(t) from truth_low_stock as t)
    union all
    (select 'truth', to_jsonb(t) from truth_low_stock as t
    except all select 'truth', to_jsonb(v) from (select store_id, product_id, available, threshold, shortage, status, sold_30 from inventory.low_stock_alerts_mv) as v)
) as d;
