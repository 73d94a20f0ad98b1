-- Raises 22001 for the name of a supplier or customer that is too long.
-- No SET search_path: its callers fix it.
create or replace function inventory._check_party(in_party text) returns void
language plpgsql immutable
as $$
begin
    if length(in_party) > 500 then
        raise exception 'party is too long' using errcode = 'string_data_right_truncation', detail = 'At most 500 characters.';
    end if;
end
$$;

comment on function inventory._check_party(text) is 'Refuses the name of a supplier or customer that is too long.';
