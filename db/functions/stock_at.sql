-- The stock as it was at a time, by the ledger: of one store, or of all.
--   time   by the database's clock; what was recorded by then counts, whatever occurred_at says
--   store  the store's code; null is every store
-- Returns a row per store and product that had a movement by then, also of stock rows that were deleted since.
-- Raises 22004 for no time, SD006 for an unknown store, 22023 for a time whose month was let go: its balances are not known any more.
-- Reads: stores, products, inventory_stock, stock_version_kept, stock_ledger. Locks nothing.
create or replace function inventory.stock_at("time" timestamptz, store text default null)
returns table (
    store_code text, sku text, on_hand bigint, reserved bigint, available bigint, version bigint, recorded_at timestamptz
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_store_id bigint;
    v_own bigint[] := inventory._own_stores();
    v_row record;
begin
    if stock_at."time" is null then
        raise exception 'no time is given' using errcode = 'null_value_not_allowed', hint = 'As stock_at(''2027-01-31 18:00+00'').';
    end if;
    if stock_at.store is not null then
        v_store_id := inventory._store_id(stock_at.store);
    end if;
    for v_row in
        select t.code, p.sku, k.store_id, k.product_id, a.version, k.version as last_version
        from (
            -- Those that are there, and those that were deleted.
            select u.store_id, u.product_id, max(u.version) as version
            from (
                select s.store_id, s.product_id, s.version from inventory.inventory_stock as s
                where (v_store_id is null or s.store_id = v_store_id) and (v_own is null or s.store_id = any (v_own))
                union all
                select g.store_id, g.product_id, g.version from inventory.stock_version_kept as g
                where (v_store_id is null or g.store_id = v_store_id) and (v_own is null or g.store_id = any (v_own))
            ) as u
            group by u.store_id, u.product_id
        ) as k
        join inventory.stores as t on t.store_id = k.store_id
        join inventory.products as p on p.product_id = k.product_id
        cross join lateral inventory._version_at(k.store_id, k.product_id, k.version, stock_at."time") as a (version)
        where a.version > 0
        order by t.code, p.sku
    loop
        select l.on_hand_after, l.reserved_after, l.on_hand_after - l.reserved_after, l.recorded_at
        into on_hand, reserved, available, recorded_at
        from inventory.stock_ledger as l
        where l.store_id = v_row.store_id and l.product_id = v_row.product_id and l.version = v_row.version;
        -- A row that is gone for good, and its movements with it: it has no opening.
        continue when not found and v_row.version = v_row.last_version;
        if not found then
            raise exception 'the balances of that time are not kept any more'
                using errcode = 'invalid_parameter_value',
                detail = format('Version %s of %s in %s was let go with its month.', v_row.version, v_row.sku, v_row.code),
                hint = 'See release_ledger_month(); the openings of the first kept month are the oldest balances.';
        end if;
        store_code := v_row.code;
        sku := v_row.sku;
        version := v_row.version;
        return next;
    end loop;
end
$$;

comment on function inventory.stock_at(timestamptz, text) is
    'The stock of one store or of all as it was at a time, by when movements were recorded.';
