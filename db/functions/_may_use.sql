-- Whether the caller may use a store: _own_stores() for one of them. Raises nothing. Reads: store_access.
-- The policy of inventory_stock calls it for each row, twice for one that is updated, so what is usual for a listed login, a store of
-- its own, is one look-up. Every name and operator is qualified instead of SET search_path.
-- SECURITY DEFINER, because policies call it as whoever asks.
create or replace function inventory._may_use(in_store_id bigint) returns boolean
language plpgsql stable security definer
as $$
begin
    if exists (
        select from inventory.store_access as a
        where a.login operator(pg_catalog.=) session_user and a.store_id operator(pg_catalog.=) in_store_id
    ) then
        return true;
    end if;
    return coalesce(in_store_id operator(pg_catalog.=) any (inventory._own_stores()), true);
end
$$;

comment on function inventory._may_use(bigint) is 'Whether the caller may use a store.';
