-- The key of a store. Every operation finds its store here, so this is where a rule about who may use which store belongs.
--   in_code  the store's code
-- Raises 22004 for null, SD006 for a store that does not exist, SD045 for one that the caller may not use. Reads: stores, store_access.
-- No SET search_path: its callers fix it.
create or replace function inventory._store_id(in_code text) returns bigint
language plpgsql stable
as $$
declare
    v_store_id bigint;
    v_is_listed boolean;
begin
    select s.store_id, exists (select from inventory.store_access as a where a.login = session_user) into v_store_id, v_is_listed
    from inventory.stores as s
    where s.code = in_code;
    if found then
        if v_is_listed and not inventory._may_use(v_store_id) then
            raise exception 'the login "%" may not use the store "%"', session_user, left(in_code, 200)
                using errcode = 'SD045',
                hint = 'store_access lists the stores of a login; a pooler''s says with set local inventory.login for whom it acts.';
        end if;
        return v_store_id;
    end if;
    if in_code is null then
        raise exception 'no store is given' using errcode = 'null_value_not_allowed', hint = 'Give its code as store.';
    end if;
    raise exception 'no store has the code "%"', left(in_code, 200)
        using errcode = 'SD006', hint = 'Codes are case-sensitive: select code from inventory.stores.';
end
$$;

comment on function inventory._store_id(text) is 'The key of the store with this code.';
