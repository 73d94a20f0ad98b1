-- What a vendor supplies and how it stands, in all stores.
--   vendor  the vendor's code
-- Returns {vendor, products {total, active, deleted, available, out_of_stock, preorder, discontinued, average_price}, stock {stores, rows,
-- on_hand, reserved, available, low, out}, value [{currency, on_hand}], as_of}. products.available and the three after it count active
-- products by what people say of them; stock counts stock rows of active products in active stores, on_hand and so on in base units; low has
-- rows at or below their threshold that are not out, out those with nothing available; value is on_hand times base_price, of products with a
-- price, per currency of the stores.
-- Raises 22004 for null, SD006 for an unknown vendor. Reads: vendors, products, stores, inventory_stock. Locks nothing.
create or replace function inventory.get_vendor_inventory_stats(vendor text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_vendor_id bigint := inventory._vendor_id(get_vendor_inventory_stats.vendor);
    v_own bigint[] := inventory._own_stores();
begin
    if v_vendor_id is null then
        raise exception 'no vendor is given' using errcode = 'null_value_not_allowed', hint = 'Give its code.';
    end if;
    return (
        with products as materialized (
            select p.product_id, p.active, p.availability, p.base_price from inventory.products as p where p.vendor_id = v_vendor_id
        ),
        stock as materialized (
            select s.store_id, s.on_hand, s.reserved, s.available, s.low_stock_threshold, t.currency, s.on_hand * p.base_price as worth
            from products as p
            join inventory.inventory_stock as s on s.product_id = p.product_id
            join inventory.stores as t on t.store_id = s.store_id and t.active
            where p.active and (v_own is null or s.store_id = any (v_own))
        )
        select jsonb_build_object(
            'vendor', get_vendor_inventory_stats.vendor,
            'products', (
                select jsonb_build_object(
                    'total', count(*), 'active', count(*) filter (where p.active), 'deleted', count(*) filter (where not p.active),
                    'available', count(*) filter (where p.active and p.availability = 'available'),
                    'out_of_stock', count(*) filter (where p.active and p.availability = 'out_of_stock'),
                    'preorder', count(*) filter (where p.active and p.availability = 'preorder'),
                    'discontinued', count(*) filter (where p.active and p.availability = 'discontinued'),
                    'average_price', trim_scale(round(avg(p.base_price) filter (where p.active), 6))
                )
                from products as p
            ),
            'stock', (
                select jsonb_build_object(
                    'stores', count(distinct s.store_id), 'rows', count(*), 'on_hand', coalesce(sum(s.on_hand), 0),
                    'reserved', coalesce(sum(s.reserved), 0), 'available', coalesce(sum(s.available), 0),
                    'low', count(*) filter (where s.available > 0 and s.available <= s.low_stock_threshold),
                    'out', count(*) filter (where s.available <= 0)
                )
                from stock as s
            ),
            'value', (
                select coalesce(jsonb_agg(jsonb_build_object('currency', c.currency, 'on_hand', c.worth) order by c.currency), '[]')
                from (
                    select s.currency, trim_scale(sum(s.worth)) as worth from stock as s where s.worth is not null group by s.currency
                ) as c
            ),
            'as_of', now()
        )
    );
end
$$;

comment on function inventory.get_vendor_inventory_stats(text) is
    'What a vendor supplies and how it stands in all stores: products by availability, stock, low and empty rows, value.';
