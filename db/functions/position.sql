-- Everything visible in the caller's snapshot counts as read. `taken` is the transaction's start, which is at or before its
-- snapshot. While other transactions are in progress nobody knows since when they record: since is 0 until they have ended.
create or replace function inventory.position() returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_incarnation text := inventory.incarnation();
    v_snapshot pg_snapshot := pg_current_snapshot();
    v_taken_us bigint := inventory._unix_us(now());
begin
    return inventory._format_position(
        v_incarnation,
        case when pg_snapshot_xmin(v_snapshot) = pg_snapshot_xmax(v_snapshot) then v_taken_us else 0 end,
        v_taken_us,
        v_snapshot
    );
end
$$;

comment on function inventory.position() is
    'How far a reader has come who has read everything visible now. Pass it to feed_after() for what comes next.';
