-- Locks the stock rows of changes in key order, and makes those that are missing.
-- Returns the keys of the rows that it has made.
-- Raises SD006 when a store or a product was deleted meanwhile. Locks: inventory_stock FOR NO KEY UPDATE.
drop function if exists inventory._lock_changed_rows(inventory.stock_change[]);
create or replace function inventory._lock_changed_rows(in_changes inventory.stock_change[]) returns inventory.stock_key[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys inventory.stock_key[] := array(
        select distinct (c.store_id, c.product_id)::inventory.stock_key from unnest(in_changes) as c
    );
    v_made inventory.stock_key[] := inventory._lock_stock_rows(v_keys);
begin
    if (
        select count(*)
        from unnest(v_keys) as k
        join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
    ) <> cardinality(v_keys) then
        raise exception 'the store or the product of a movement was deleted meanwhile' using errcode = 'SD006';
    end if;
    return v_made;
end
$$;

comment on function inventory._lock_changed_rows(inventory.stock_change[]) is 'Locks the stock rows of changes in key order.';
