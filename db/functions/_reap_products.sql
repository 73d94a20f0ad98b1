-- Lets holds of stock rows expire whose time is over, for an operation that is short of them: up to 1000 of each, the oldest first.
--   in_product_ids  which, in the operation's store; their stock rows are locked
-- Returns how many expired. Reads and writes what _expire_holds() does.
create or replace function inventory._reap_products(in_operation inventory.operation, in_product_ids bigint[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    -- A variable, so that the index is read up to it and no further.
    v_now timestamptz := clock_timestamp();
begin
    return inventory._expire_holds(
        array(
            select d.hold_id
            from unnest(in_product_ids) as p (product_id)
            cross join lateral (
                select h.hold_id
                from inventory.stock_holds as h
                where h.store_id = in_operation.store_id and h.product_id = p.product_id and h.state = 'held' and h.expires_at <= v_now
                order by h.expires_at, h.hold_id
                limit 1000
            ) as d
        ),
        in_operation.actor, in_operation.correlation_id
    );
end
$$;

comment on function inventory._reap_products(inventory.operation, bigint[]) is
    'Lets holds of stock rows expire whose time is over, for an operation that is short of them.';
