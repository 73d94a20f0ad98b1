-- Takes stock rows away again that were made for what was then refused: no movement tells readers of such a row, and nobody has seen it.
--   in_made  of what _lock_stock_rows() returned in this transaction; mostly none
-- A row that has not moved is at the version that was kept, at which it was made. xmin would not tell whose it is: in a savepoint, or below
-- EXCEPTION, it is the subtransaction's.
-- Reads: stock_version_kept. Writes: inventory_stock; the rows are locked already.
create or replace function inventory._drop_unmoved_stock_rows(in_made inventory.stock_key[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if cardinality(in_made) > 0 then
        delete from inventory.inventory_stock as s
        using unnest(in_made) as m
        join inventory.stock_version_kept as k on k.store_id = m.store_id and k.product_id = m.product_id
        where s.store_id = m.store_id and s.product_id = m.product_id and s.version = k.version;
    end if;
end
$$;

comment on function inventory._drop_unmoved_stock_rows(inventory.stock_key[]) is
    'Takes stock rows away again that this transaction made in vain.';
