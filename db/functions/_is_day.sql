-- Whether a text is a day of the calendar as 2027-01-31, so that reading it as a date cannot fail.
create or replace function inventory._is_day(in_text text) returns boolean
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when in_text !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' or in_text like '0000%' then false
        else right(in_text, 2)::integer <= extract(day from (left(in_text, 7) || '-01')::date + interval '1 month - 1 day')
    end
$$;

comment on function inventory._is_day(text) is 'Whether a text is a day as 2027-01-31.';

-- Reads a point in time out of a request, as ISO 8601 writes it: with the zone that it is in, so that it does not depend on who reads it, and
-- none of the words that PostgreSQL knows (yesterday, now): those would be another time with each try.
--   in_field  for the message
-- Returns null for null. Raises 22007, which names the field.
create or replace function inventory._point_in_time(in_text text, in_field text) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_text !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)$'
        or not inventory._is_day(left(in_text, 10))
    then
        raise exception '% cannot be "%"', in_field, left(in_text, 60)
            using errcode = 'invalid_datetime_format', hint = 'A point in time as 2027-01-31T18:04:00+01:00 or 2027-01-31T17:04:00Z.';
    end if;
    return in_text::timestamptz;
end
$$;

comment on function inventory._point_in_time(text, text) is 'Reads a point in time out of a request.';
