-- The text of a position of the feed: s1.<incarnation>.<since, unix us>.<taken, unix us>.<pg_snapshot>. _parse_position() reads it.
--   in_since_us  no unread row was recorded before: what feed_after() need not look at. 0 when that is not known
--   in_taken_us  at or before the moment of the snapshot
--   in_snapshot  what it sees is read
-- Reads nothing.
create or replace function inventory._format_position(
    in_incarnation text, in_since_us bigint, in_taken_us bigint, in_snapshot pg_snapshot
) returns text
language sql immutable parallel safe
return 's1.' || in_incarnation || '.' || in_since_us::text || '.' || in_taken_us::text || '.' || in_snapshot::text;

comment on function inventory._format_position(text, bigint, bigint, pg_snapshot) is
    'The text of a position: s1.<incarnation>.<since, unix us>.<taken, unix us>.<pg_snapshot>.';
