-- Sends this stockd's canary through the feed and says that it is alive. Returns the nonce that must come back.
-- Raises SD002 when the database has become another incarnation while the daemon was connected. Forgets daemons that were silent for a day with their canaries, and canaries beyond
-- the last canaries_kept.
create or replace function inventory._write_canary(
    in_instance uuid, in_name text, in_is_relay boolean, in_position_hash text, in_incarnation text
) returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_nonce uuid := gen_random_uuid();
    v_kept integer := coalesce((select s.value::integer from inventory.settings as s where s.name = 'canaries_kept'), 16);
begin
    if in_incarnation <> inventory.incarnation() then
        raise exception 'the database became another incarnation'
            using errcode = 'SD002', detail = format('It was %s, it is %s.', in_incarnation, inventory.incarnation());
    end if;
    insert into inventory.daemons (instance_id, name, is_relay, position_hash, nonce)
    values (in_instance, left(in_name, 200), in_is_relay, left(in_position_hash, 64), v_nonce)
    on conflict (instance_id) do update set
        name = excluded.name, is_relay = excluded.is_relay, position_hash = excluded.position_hash,
        nonce = excluded.nonce, seen_at = clock_timestamp();
    -- The daemon's own canaries carry its id as correlation.
    delete from inventory.inventory_event as e
    where e.type = 'canary' and e.event_seq in (
        select o.event_seq from inventory.inventory_event as o
        where o.type = 'canary' and o.correlation_id = in_instance::text
        order by o.event_seq desc
        offset v_kept
    );
    -- A process that is forgotten reloads if it ever comes back; its canaries would stay for good.
    with forgotten as (
        delete from inventory.daemons as d where d.seen_at < clock_timestamp() - interval '1 day' returning d.instance_id
    )
    delete from inventory.inventory_event as e
    using forgotten as f
    where e.type = 'canary' and e.correlation_id = f.instance_id::text;
    return v_nonce;
end
$$;

comment on function inventory._write_canary(uuid, text, boolean, text, text) is
    'For stockd: sends a canary through the feed and records who follows. Returns its nonce.';
