-- Whether a rebuild was asked for that has not been done. Reads: rebuild_requests.
create or replace function inventory._is_rebuild_asked_for() returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select exists (select from inventory.rebuild_requests)
$$;

comment on function inventory._is_rebuild_asked_for() is 'For stockd: whether a rebuild was asked for that has not been done.';
