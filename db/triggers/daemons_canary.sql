-- A canary takes the whole way of a change: trigger, feed, doorbell, cache. Lists and counts hide it.
create or replace function inventory.daemons_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into inventory.inventory_event (event_id, type, correlation_id)
    values (new.nonce, 'canary', new.instance_id::text);
    return null;
end
$$;

comment on function inventory.daemons_after_write() is 'Sends the canary of a stockd through the feed.';

-- as: inventory_owner
create or replace trigger after_10_canary
    after insert or update on inventory.daemons
    for each row
    execute function inventory.daemons_after_write();

alter table inventory.daemons enable always trigger after_10_canary;
comment on trigger after_10_canary on inventory.daemons is 'Writes the canary event.';
