-- The lots of a store, in the order in which a sale takes them by policy; what has expired, and what is owed, among them.
--   store  the store's code
--   sku    of one product; left out: of every one
--   open   true: what is left or owed only; false: all that there ever were
-- Returns quantities in base units, values in the store's currency.
-- Raises SD006 for an unknown store or sku. Reads: stores, products, lot_policies, stock_lots.
create or replace function inventory.list_lots(store text, sku text default null, open boolean default true)
returns table (
    lot_id bigint, product text, lot text, expires_on date, is_expired boolean, is_debt boolean, remaining_quantity bigint,
    remaining_value numeric, quantity bigint, value numeric, created_at timestamptz
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(list_lots.store);
    v_product_id bigint := case when list_lots.sku is not null then inventory._product_id(list_lots.sku) end;
    v_day date := inventory._store_day(v_store_id);
begin
    return query
        select
            l.lot_id, p.sku, l.lot, l.expires_on, coalesce(l.expires_on < v_day, false), l.is_debt, l.remaining_quantity,
            l.remaining_value, l.quantity, l.value, l.created_at
        from inventory.stock_lots as l
        join inventory.products as p on p.product_id = l.product_id
        left join inventory.lot_policies as o on o.product_id = l.product_id
        where l.store_id = v_store_id and (v_product_id is null or l.product_id = v_product_id)
            and (l.is_open or not list_lots.open)
        order by p.sku, case when o.policy = 'fefo' then l.expires_on end, l.age, l.lot_id;
end
$$;

comment on function inventory.list_lots(text, text, boolean) is
    'The lots of a store in the order in which they are taken: name, expiry, what is left of each and what it cost.';
