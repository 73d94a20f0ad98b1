-- A snapshot in which this transaction itself is still to come. PostgreSQL leaves a transaction out of its own list, so that a
-- position taken in it would claim what the transaction writes afterwards.
create or replace function inventory._settled_snapshot(in_snapshot pg_snapshot) returns pg_snapshot
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_self xid8 := pg_current_xact_id_if_assigned();
begin
    if v_self is null or not pg_visible_in_snapshot(v_self, in_snapshot) then
        return in_snapshot;
    end if;
    return (
        select min(x)::text || ':' || pg_snapshot_xmax(in_snapshot)::text || ':' || string_agg(x::text, ',' order by x)
        from (select x from pg_snapshot_xip(in_snapshot) as x union select v_self) as listed
    )::pg_snapshot;
end
$$;

comment on function inventory._settled_snapshot(pg_snapshot) is 'A snapshot in which the asking transaction counts as in progress.';
