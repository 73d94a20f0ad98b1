-- Raises an exception whose texts may be missing: RAISE takes no null, and of an empty DETAIL clients print the word and nothing behind it.
--   in_detail, in_hint  null or empty: left out
-- Reads nothing.
create or replace function inventory._raise(in_state text, in_message text, in_detail text, in_hint text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_detail <> '' and in_hint <> '' then
        raise exception '%', in_message using errcode = in_state, detail = in_detail, hint = in_hint;
    elsif in_detail <> '' then
        raise exception '%', in_message using errcode = in_state, detail = in_detail;
    elsif in_hint <> '' then
        raise exception '%', in_message using errcode = in_state, hint = in_hint;
    end if;
    raise exception '%', in_message using errcode = in_state;
end
$$;

comment on function inventory._raise(text, text, text, text) is 'Raises an exception whose detail and hint may be missing.';
