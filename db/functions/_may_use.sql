-- Whether the caller may use a store: what _own_stores() says, of one store. Raises nothing. Reads: store_access.
-- The policy of inventory_stock calls it for each row, twice for one that is updated, so it asks once, and again only for a pooler's
-- login. Every name and operator is qualified instead of SET search_path.
-- SECURITY DEFINER, because policies call it as whoever asks.
create or replace function inventory._may_use(in_store_id bigint) returns boolean
language plpgsql stable security definer
as $$
declare
    v_found record;
begin
    select
        pg_catalog.bool_or(a.store_id operator(pg_catalog.=) in_store_id) as is_own, pg_catalog.bool_or(a.store_id is null) as is_pooler
    into v_found
    from inventory.store_access as a
    where a.login operator(pg_catalog.=) session_user;
    if v_found.is_pooler then
        return in_store_id operator(pg_catalog.=) any (inventory._own_stores());
    end if;
    -- Not listed: null, and all stores.
    return v_found.is_pooler is null or v_found.is_own;
end
$$;

comment on function inventory._may_use(bigint) is 'Whether the caller may use a store.';
