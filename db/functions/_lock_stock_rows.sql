-- Locks stock rows in the one lock order, (store_id, product_id), and makes those that are missing, with the defaults of their
-- product and store and at the version that was kept. One row per key: the first movement from 32 clients waits its turn.
--   in_keys  each at most once. A key whose store or product does not exist is left out.
-- Returns the keys of the rows that it has made. Whoever does not move one of them takes it away again (_drop_unmoved_stock_rows()).
-- Each key is locked or made before the next one is looked at, so that whoever waits for a key holds lower ones only: locking what
-- is there and making what is missing in two passes deadlocked when a row was deleted in between. ON CONFLICT does both: the
-- conflicting row is locked although WHERE then leaves it alone, and one that is deleted while this waits for it is made again.
-- Writes: inventory_stock, stock_version_kept. Locks: inventory_stock FOR NO KEY UPDATE in key order.
drop function if exists inventory._lock_stock_rows(inventory.stock_key[]);
create or replace function inventory._lock_stock_rows(in_keys inventory.stock_key[]) returns inventory.stock_key[]
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made record;
    v_version bigint;
    v_keys inventory.stock_key[] := array[]::inventory.stock_key[];
begin
    -- One key has no order, and is usually there: not worth the triggers of INSERT and UPDATE.
    if cardinality(in_keys) = 1 then
        perform from inventory.inventory_stock as s
        where s.store_id = in_keys[1].store_id and s.product_id = in_keys[1].product_id
        for no key update;
        if found then
            return array[]::inventory.stock_key[];
        end if;
    end if;
    for v_made in
        insert into inventory.inventory_stock as s (store_id, product_id, low_stock_threshold, allow_negative, keeps_lots)
        select
            t.store_id, p.product_id,
            coalesce(p.low_stock_threshold, t.low_stock_threshold), coalesce(p.allow_negative, t.allow_negative),
            o.product_id is not null
        from unnest(in_keys) as k
        join inventory.stores as t on t.store_id = k.store_id
        join inventory.products as p on p.product_id = k.product_id
        left join inventory.lot_policies as o on o.product_id = k.product_id
        order by t.store_id, p.product_id
        on conflict (store_id, product_id) do update set version = s.version where false
        returning s.store_id, s.product_id
    loop
        insert into inventory.stock_version_kept as k (store_id, product_id, version)
        values (v_made.store_id, v_made.product_id, 0)
        on conflict (store_id, product_id) do update set version = k.version
        returning k.version into v_version;
        if v_version > 0 then
            update inventory.inventory_stock as s set version = v_version
            where s.store_id = v_made.store_id and s.product_id = v_made.product_id;
        end if;
        v_keys := v_keys || (v_made.store_id, v_made.product_id)::inventory.stock_key;
    end loop;
    return v_keys;
end
$$;

comment on function inventory._lock_stock_rows(inventory.stock_key[]) is
    'Locks stock rows in key order, makes the missing ones, and says which.';
