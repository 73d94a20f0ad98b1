-- The key of a store. Every operation finds its store here, so this is where a rule about who may use which store belongs.
--   in_code  the store's code
-- Raises 22004 for null, SD006 for a store that does not exist. Reads: stores.
-- No SET search_path: its callers fix it.
create or replace function inventory._store_id(in_code text) returns bigint
language plpgsql stable
as $$
declare
    v_store_id bigint;
begin
    select s.store_id into v_store_id from inventory.stores as s where s.code = in_code;
    if found then
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
