-- The day of a time where a store is. A time that no calendar can tell in every time zone counts for the first or the last day that can.
create or replace function inventory._day_at(in_at timestamptz, in_time_zone text) returns date
language sql immutable parallel safe
return (least(greatest(in_at, '0001-01-03 00:00:00+00'::timestamptz), '9999-12-29 00:00:00+00'::timestamptz) at time zone in_time_zone)::date;

comment on function inventory._day_at(timestamptz, text) is 'The day of a time where a store is.';
