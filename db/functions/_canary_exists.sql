-- Whether an event of the feed is still there: stockd asks for the last canary that it saw. If that is gone, history was cut, or is that of
-- another database.
--   in_nonce  the canary's event_id
-- Reads: inventory_event.
create or replace function inventory._canary_exists(in_nonce uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select exists (select from inventory.inventory_event as e where e.event_id = in_nonce)
$$;

comment on function inventory._canary_exists(uuid) is
    'For stockd: whether the last canary that it saw is still there; if not, history was cut or is another''s.';
