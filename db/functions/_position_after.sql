-- The position after delivering every transaction up to in_last (null: everything visible in in_now). feed_after() has the rule.
create or replace function inventory._position_after(
    in_incarnation text, in_from pg_snapshot, in_since_us bigint, in_taken_us bigint, in_now pg_snapshot, in_now_us bigint,
    in_last xid8
) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from_xmax xid8 := pg_snapshot_xmax(in_from);
    v_xmax xid8;
    -- 0 when the clock was set back since: rows that come next may have been recorded at any time before that.
    v_from_taken_us bigint := case when in_now_us < in_taken_us then 0 else in_taken_us end;
    v_taken_us bigint;
    v_xip xid8[];
begin
    if in_last is null then
        v_xmax := pg_snapshot_xmax(in_now);
        v_taken_us := in_now_us;
        v_xip := array(select x from pg_snapshot_xip(in_now) as x order by x);
    elsif in_last >= v_from_xmax then
        v_xmax := (in_last::text::bigint + 1)::text::xid8;
        v_taken_us := v_from_taken_us;
        v_xip := array(select x from pg_snapshot_xip(in_now) as x where x <= in_last order by x);
    else
        v_xmax := v_from_xmax;
        v_taken_us := v_from_taken_us;
        v_xip := array(
            select x from pg_snapshot_xip(in_from) as x
            where x > in_last or not pg_visible_in_snapshot(x, in_now) order by x
        );
    end if;
    return inventory._format_position(
        in_incarnation,
        -- Unread are transactions that the given position listed already (keep its since) or younger ones, which began after
        -- it was taken.
        case
            when exists (select from unnest(v_xip) as x where x < v_from_xmax) then least(in_since_us, v_from_taken_us)
            when in_last is null and cardinality(v_xip) = 0 then in_now_us
            else v_from_taken_us
        end,
        v_taken_us,
        (coalesce(v_xip[1], v_xmax)::text || ':' || v_xmax::text || ':' || array_to_string(v_xip, ','))::pg_snapshot
    );
end
$$;

comment on function inventory._position_after(text, pg_snapshot, bigint, bigint, pg_snapshot, bigint, xid8) is
    'The position of a reader who was given a part of the feed.';
