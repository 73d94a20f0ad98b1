-- Says who writes, for the events that the catalog's triggers write by themselves: they ask the session's settings.
--   in_actor, in_correlation_id  for the statements that follow
-- Returns what was there before; give it back the same way afterwards. An error takes both back.
create or replace function inventory._speak_for(
    in_actor text, in_correlation_id text, out actor text, out correlation_id text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    actor := coalesce(current_setting('inventory.actor', true), '');
    correlation_id := coalesce(current_setting('inventory.correlation_id', true), '');
    perform set_config('inventory.actor', coalesce(in_actor, ''), true);
    perform set_config('inventory.correlation_id', coalesce(in_correlation_id, ''), true);
end
$$;

comment on function inventory._speak_for(text, text) is 'Says who writes, and returns who did before.';
