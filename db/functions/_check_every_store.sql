-- Refuses what moves stock in every store to a login that may use some of them only.
--   in_what  the function, for the message
-- Raises SD045. Reads: store_access. No SET search_path: its callers fix it.
create or replace function inventory._check_every_store(in_what text) returns void
language plpgsql stable
as $$
begin
    if inventory._own_stores() is not null then
        raise exception '% touches every store, and the login "%" may use some only', in_what, session_user
            using errcode = 'SD045', hint = 'Ask somebody whose login is not listed in store_access.';
    end if;
end
$$;

comment on function inventory._check_every_store(text) is 'Refuses what touches every store to a login that may use some only.';
