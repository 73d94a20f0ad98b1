-- Whether the caller may use a store: _own_stores() for one of them. Raises nothing. Reads: store_access.
-- No SET search_path: its callers fix it.
create or replace function inventory._may_use(in_store_id bigint) returns boolean
language plpgsql stable
as $$
begin
    return coalesce(in_store_id = any (inventory._own_stores()), true);
end
$$;

comment on function inventory._may_use(bigint) is 'Whether the caller may use a store.';
