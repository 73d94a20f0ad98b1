-- Which life of the database this is: 16 hex digits of system identifier, timeline, database, token and epoch.
-- Makes the token after a crash, and draws the floors of the feed when this turns out to be a restored copy, whose rows carry
-- another server's transaction ids, or another time's: a dump that was restored in place.
-- Raises SD004 on a standby. Locks: none, but for the first call in a restored copy, which waits for writers (at most 10 s).
create or replace function inventory.incarnation() returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
    v_system bigint := (select c.system_identifier from pg_control_system() as c);
    v_database oid := (select d.oid from pg_database as d where d.datname = current_database());
    v_table oid := 'inventory.epoch'::regclass;
    v_epoch inventory.epoch;
    v_token uuid;
begin
    if pg_is_in_recovery() then
        raise exception 'the change feed cannot be read on a standby'
            using errcode = 'SD004',
            detail = 'A standby''s snapshots do not list transactions in progress.',
            hint = 'Connect to the primary (target_session_attrs=read-write).';
    end if;
    select e.* into v_epoch from inventory.epoch as e;
    if v_epoch.system_identifier <> v_system or v_epoch.database_oid <> v_database or v_epoch.table_oid <> v_table then
        -- No writer may be half way: a floor drawn above its rows would hide them for good.
        lock table inventory.stock_ledger, inventory.inventory_event in share mode;
        update inventory.epoch as e set
            epoch = gen_random_uuid(),
            system_identifier = v_system,
            database_oid = v_database,
            table_oid = v_table,
            movement_id_floor = coalesce((select max(l.movement_id) from inventory.stock_ledger as l), 0),
            event_seq_floor = coalesce((select max(v.event_seq) from inventory.inventory_event as v), 0),
            released_xid = '0'
        where e.system_identifier <> v_system or e.database_oid <> v_database or e.table_oid <> v_table;
        select e.* into v_epoch from inventory.epoch as e;
    end if;
    select t.token into v_token from inventory.incarnation_token as t;
    if not found then
        insert into inventory.incarnation_token (token) values (gen_random_uuid()) on conflict do nothing;
        select t.token into v_token from inventory.incarnation_token as t;
    end if;
    return lpad(
        to_hex(hashtextextended(
            format(
                '%s/%s/%s/%s/%s',
                v_system, left(pg_walfile_name(pg_current_wal_lsn()), 8), v_database, v_token, v_epoch.epoch
            ),
            0
        )),
        16, '0'
    );
end
$$;

comment on function inventory.incarnation() is
    'Names this life of the database, 16 hex digits. Another one means: failed over, restored or crashed; positions from before are refused.';
