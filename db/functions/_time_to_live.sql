-- How long a reservation holds.
--   in_ttl  what the caller asked for; null: the setting reservation_minutes, or less when reservation_minutes_max says so
-- Raises 22023 for a time that is not above 0 or above the setting reservation_minutes_max. Reads: settings.
create or replace function inventory._time_to_live(in_ttl interval) returns interval
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_longest interval := make_interval(mins => (
        select s.value::integer from inventory.settings as s where s.name = 'reservation_minutes_max'
    ));
begin
    if in_ttl is null then
        return least(v_longest, make_interval(mins => (
            select s.value::integer from inventory.settings as s where s.name = 'reservation_minutes'
        )));
    elsif in_ttl <= interval '0' or in_ttl > v_longest then
        raise exception 'ttl cannot be %', in_ttl
            using errcode = 'invalid_parameter_value', detail = format('It is above 0 and at most %s.', v_longest),
            hint = 'The most is the setting reservation_minutes_max.';
    end if;
    return in_ttl;
end
$$;

comment on function inventory._time_to_live(interval) is 'How long a reservation holds: as asked, or by the settings.';
