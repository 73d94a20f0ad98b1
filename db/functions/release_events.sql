-- Lets events that were recorded before a time go. Positions that had not read all of them are refused from then on (SD003).
-- Canaries have their own measure (setting canaries_kept). Returns how many went. Raises SD008 while events are published.
create or replace function inventory.release_events(before timestamptz) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_released bigint;
    v_xid xid8;
begin
    if release_events.before is null or release_events.before > now() then
        raise exception 'only events of the past can be let go' using errcode = '22023';
    end if;
    perform inventory._check_not_published('inventory_event');
    with gone as (
        delete from inventory.inventory_event as e
        where e.recorded_at < release_events.before and e.type <> 'canary'
        returning e.xid, e.event_seq
    )
    select count(*), max(g.xid) filter (where g.event_seq > (select e.event_seq_floor from inventory.epoch as e))
    into v_released, v_xid
    from gone as g;
    if v_xid is not null then
        update inventory.epoch as e set released_xid = greatest(e.released_xid, v_xid);
    end if;
    return v_released;
end
$$;

comment on function inventory.release_events(timestamptz) is
    'Lets events from before a time go. Positions that still needed them are refused.';
