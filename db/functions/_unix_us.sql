create or replace function inventory._unix_us(in_time timestamptz) returns bigint
language sql immutable parallel safe
return pg_catalog.trunc(extract(epoch from in_time) * 1000000)::bigint;

comment on function inventory._unix_us(timestamptz) is 'Microseconds since 1970-01-01 UTC.';
