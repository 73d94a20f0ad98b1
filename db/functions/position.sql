-- Everything visible in the caller's snapshot counts as read. STABLE, so that this is the snapshot of the very statement that
-- asks, and what the statement reads beside it fits. incarnation() may write its token all the same: it is VOLATILE.
-- `taken` is the transaction's start, which is at or before its snapshot. While other transactions are in progress nobody
-- knows since when they record: since is 0 until they have ended.
create or replace function inventory.position() returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_snapshot pg_snapshot := inventory._settled_snapshot(pg_current_snapshot());
    v_taken_us bigint := inventory._unix_us(now());
    v_is_quiet boolean := pg_snapshot_xmin(v_snapshot) = pg_snapshot_xmax(v_snapshot);
begin
    return inventory._format_position(
        inventory.incarnation(), case when v_is_quiet then v_taken_us else 0 end, v_taken_us, v_snapshot
    );
end
$$;

comment on function inventory.position() is
    'How far a reader has come who has read everything visible now. Pass it to feed_after() for what comes next.';
