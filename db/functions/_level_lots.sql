-- Brings the lots of stock rows to what the rows say now: one change for all of an imported batch's movements, at their last version.
--   in_keys  stock rows that this transaction changed
-- Reads: inventory_stock. Writes: stock_lots, stock_lot_entries. Locks: nothing more than the stock rows.
create or replace function inventory._level_lots(in_keys inventory.stock_key[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform inventory._post_change(d.store_id, d.product_id, d.version, d.difference)
    from (
        select
            s.store_id, s.product_id, s.version,
            s.on_hand - coalesce(
                (
                    select sum(l.remaining_quantity)
                    from inventory.stock_lots as l
                    where l.store_id = s.store_id and l.product_id = s.product_id and l.is_open
                ),
                0
            )::bigint as difference
        from unnest(in_keys) as k
        join inventory.inventory_stock as s on s.store_id = k.store_id and s.product_id = k.product_id
        where s.keeps_lots
        order by s.store_id, s.product_id
    ) as d
    where d.difference <> 0;
end
$$;

comment on function inventory._level_lots(inventory.stock_key[]) is 'Brings the lots of stock rows to what the rows say now.';
