-- The one rule of store isolation: which stores the caller may use. The policies of tables and the engine's functions all ask here.
-- The caller is session_user, which SET ROLE and SECURITY DEFINER leave as it is; of a pooler's login, the name in the setting
-- inventory.login, which counts for nobody else.
-- Returns null for all stores: the login is not listed. Else those of its rows. A pooler's login that says no name, or one that is not
-- listed, may use none: an empty array.
-- Reads: store_access. SECURITY DEFINER, because policies call it as whoever asks.
create or replace function inventory._own_stores() returns bigint[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_speaks_for_others boolean;
    v_stores bigint[];
begin
    select bool_or(a.store_id is null), array_agg(a.store_id) into v_speaks_for_others, v_stores
    from inventory.store_access as a
    where a.login = session_user;
    if v_stores is null then
        return null;
    end if;
    if v_speaks_for_others then
        v_stores := array(
            select a.store_id from inventory.store_access as a
            where a.login = current_setting('inventory.login', true) and a.store_id is not null
        );
    end if;
    return v_stores;
end
$$;

comment on function inventory._own_stores() is 'The stores that the caller may use; null for all.';
