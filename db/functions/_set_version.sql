-- Gives a stock row, or where there is none the version that is kept of it, the version of its last movement.
-- Writes: inventory_stock, stock_version_kept. The row is locked.
create or replace function inventory._set_version(in_store_id bigint, in_product_id bigint, in_version bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    update inventory.inventory_stock as s set version = in_version, updated_at = clock_timestamp()
    where s.store_id = in_store_id and s.product_id = in_product_id;
    if not found then
        insert into inventory.stock_version_kept as k (store_id, product_id, version)
        values (in_store_id, in_product_id, in_version)
        on conflict (store_id, product_id) do update set version = excluded.version;
    end if;
end
$$;

comment on function inventory._set_version(bigint, bigint, bigint) is 'Gives a stock row the version of its last movement.';
