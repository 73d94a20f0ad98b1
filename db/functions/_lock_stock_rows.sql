-- Locks stock rows in the one lock order, (store_id, product_id), and makes those that are missing, with the defaults of their
-- product and store and at the version that was kept. One row per key: the first movement from 32 clients waits its turn.
--   in_keys  each at most once. A key whose store or product does not exist is left out.
-- Locks: inventory_stock FOR NO KEY UPDATE in key order. Called by the functions that move stock.
create or replace function inventory._lock_stock_rows(in_keys inventory.stock_key[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key record;
    v_version bigint;
    v_locked bigint;
begin
    loop
        for v_key in
            select k.store_id, k.product_id
            from unnest(in_keys) as k
            where not exists (
                select from inventory.inventory_stock as s where s.store_id = k.store_id and s.product_id = k.product_id
            )
            order by k.store_id, k.product_id
        loop
            insert into inventory.inventory_stock (store_id, product_id, low_stock_threshold, allow_negative)
            select
                t.store_id, p.product_id,
                coalesce(p.low_stock_threshold, t.low_stock_threshold), coalesce(p.allow_negative, t.allow_negative)
            from inventory.stores as t, inventory.products as p
            where t.store_id = v_key.store_id and p.product_id = v_key.product_id
            on conflict do nothing;
            if found then
                insert into inventory.stock_version_kept as k (store_id, product_id, version)
                values (v_key.store_id, v_key.product_id, 0)
                on conflict (store_id, product_id) do update set version = k.version
                returning k.version into v_version;
                if v_version > 0 then
                    update inventory.inventory_stock as s set version = v_version
                    where s.store_id = v_key.store_id and s.product_id = v_key.product_id;
                end if;
            end if;
        end loop;
        select count(*) into v_locked
        from (
            select s.store_id
            from unnest(in_keys) as k
            join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
            order by s.store_id, s.product_id
            for no key update of s
        ) as locked;
        -- Fewer: somebody deleted a row after the look, while this waited for its lock. It is made again.
        exit when v_locked = cardinality(in_keys) or not exists (
            select from unnest(in_keys) as k
            join inventory.stores as t on t.store_id = k.store_id
            join inventory.products as p on p.product_id = k.product_id
            where not exists (
                select from inventory.inventory_stock as s where s.store_id = k.store_id and s.product_id = k.product_id
            )
        );
    end loop;
end
$$;

comment on function inventory._lock_stock_rows(inventory.stock_key[]) is
    'Locks stock rows in key order and makes the missing ones.';
