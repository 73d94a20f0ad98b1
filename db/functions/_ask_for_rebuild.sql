-- Has the stockd that relays rebuild the views, or the next one that does.
-- Hundred requests that wait are as good as any number. Writes: rebuild_requests. Notifies refresh_inventory_views.
create or replace function inventory._ask_for_rebuild() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into inventory.rebuild_requests (asked_at)
    select clock_timestamp()
    where (select count(*) from (select from inventory.rebuild_requests limit 100) as r) < 100;
    perform pg_notify('refresh_inventory_views', '');
end
$$;

comment on function inventory._ask_for_rebuild() is 'For stockd: has the relay rebuild the views, or the next one.';
