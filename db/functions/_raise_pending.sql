-- A movement of a stock row that the same statement brings back or gives another key: which of the two comes first, and with it
-- the version, is not settled when the movement is applied.
create or replace function inventory._raise_pending(in_store_id bigint, in_product_id bigint) returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := (
        select format('%s in %s', p.sku, s.code)
        from inventory.products as p, inventory.stores as s
        where p.product_id = in_product_id and s.store_id = in_store_id
    );
begin
    raise exception 'the stock row of % was made again or got its key in the same statement, so it takes no movement there', v_name
        using errcode = 'SD008', hint = 'Use two statements; they may be in one transaction.';
end
$$;

comment on function inventory._raise_pending(bigint, bigint) is 'Refuses a movement of a stock row that the same statement makes.';
