-- The parts of a position that can be gone on from here and now.
-- Raises SD001 (no position), SD002 (another incarnation), SD004 (standby), SD007 (from the future).
create or replace function inventory._usable_position(
    in_position text, out incarnation text, out since_us bigint, out taken_us bigint, out snapshot pg_snapshot
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_here text := inventory.incarnation();
begin
    select p.incarnation, p.since_us, p.taken_us, p.snapshot
    into _usable_position.incarnation, _usable_position.since_us, _usable_position.taken_us, _usable_position.snapshot
    from inventory._parse_position(in_position) as p;
    if _usable_position.incarnation <> v_here then
        raise exception 'the position is of another incarnation of this database'
            using errcode = 'SD002',
            detail = format('The position is of %s, this is %s.', _usable_position.incarnation, v_here),
            hint = 'The database was failed over, restored or crashed: read the tables anew and go on from inventory.position().';
    end if;
    if pg_snapshot_xmax(_usable_position.snapshot) > pg_snapshot_xmax(pg_current_snapshot()) then
        raise exception 'the position is from the future'
            using errcode = 'SD007',
            detail = format(
                'It has read transactions up to %s, but none above %s has ended.',
                pg_snapshot_xmax(_usable_position.snapshot), pg_snapshot_xmax(pg_current_snapshot())
            ),
            hint = 'Use a position exactly as inventory.position() or inventory.feed_after() gave it.';
    end if;
end
$$;

comment on function inventory._usable_position(text) is
    'The parts of a position that is of this life of the database; SD001, SD002 or SD007 when it is not.';
