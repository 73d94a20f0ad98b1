-- One stock row as it was after one of its movements.
--   sku, store  which stock row
--   version     of the movement
-- Returns one row, or none when there is no such version, or not any more.
-- Raises SD006 for an unknown store or sku. Reads: stores, products, stock_ledger. Locks nothing.
create or replace function inventory.stock_at_version(sku text, store text, version bigint)
returns table (
    on_hand bigint, reserved bigint, available bigint, kind text, on_hand_delta bigint, reserved_delta bigint,
    occurred_at timestamptz, recorded_at timestamptz
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
rows 1
as $$
declare
    v_store_id bigint := inventory._store_id(stock_at_version.store);
    v_product_id bigint := inventory._product_id(stock_at_version.sku);
begin
    return query
        select
            l.on_hand_after, l.reserved_after, l.on_hand_after - l.reserved_after, l.kind, l.on_hand_delta, l.reserved_delta,
            l.occurred_at, l.recorded_at
        from inventory.stock_ledger as l
        where l.store_id = v_store_id and l.product_id = v_product_id and l.version = stock_at_version.version;
end
$$;

comment on function inventory.stock_at_version(text, text, bigint) is 'One stock row as it was after one of its movements.';
