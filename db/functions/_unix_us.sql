-- Never fails: infinity and what lies beyond bigint become its ends. One such time in a row must not stop everybody who reads.
-- STABLE, as extract() of a timestamptz is: as IMMUTABLE it would not be inlined, and would be planned anew at each call.
create or replace function inventory._unix_us(in_time timestamptz) returns bigint
language sql stable parallel safe
return least(
    greatest(pg_catalog.trunc(extract(epoch from in_time) * 1000000), -9223372036854775808), 9223372036854775807
)::bigint;

comment on function inventory._unix_us(timestamptz) is 'Microseconds since 1970-01-01 UTC; the ends of bigint for what lies beyond.';
