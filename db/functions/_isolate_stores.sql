-- role: inventory_owner
-- Makes what stands in store_access true for tables: row-level security is on while anybody is listed, and whoever is listed and
-- is a login of this cluster may SELECT from store_access, which is what the policies look for. The privilege also keeps a listed
-- role from being dropped and made anew without it.
-- Called by the table's trigger, by finish_restore() and with the grants. Harmless at any other time.
-- Locks: of its own, by which those that change the list take turns; AccessExclusive on the tables with policies when the first login
-- is listed or the last one goes, and on none otherwise. All of them are locked before any is changed, and let go when one cannot be had
-- soon: sooner than the server looks for deadlocks, so that no writer fails because it came across. Raises 55P03 when that goes on for
-- some ten seconds.
create or replace function inventory._isolate_stores() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
declare
    v_is_on boolean;
    v_tables text[];
    v_table text;
    v_login name;
begin
    perform inventory._lock_store_access();
    v_is_on := exists (select from inventory.store_access);
    -- What most begin with comes first.
    v_tables := array(
        select c.oid::regclass::text
        from pg_class as c
        where c.relnamespace = 'inventory'::regnamespace and c.relrowsecurity <> v_is_on and c.oid <> 'inventory.store_access'::regclass
            and exists (select from pg_policy as p where p.polrelid = c.oid)
        order by c.relname <> 'stores', c.relname <> 'inventory_stock', c.relname
    );
    if v_tables <> '{}' then
        for v_try in 1..50 loop
            begin
                execute format('lock table %s in access exclusive mode', array_to_string(v_tables, ', '));
                exit;
            exception when lock_not_available then
                if v_try = 50 then
                    raise;
                end if;
            end;
        end loop;
    end if;
    foreach v_table in array v_tables loop
        execute format('alter table %s %s row level security', v_table, case when v_is_on then 'enable' else 'disable' end);
    end loop;
    for v_login in
        select r.rolname
        from pg_roles as r
        where exists (select from inventory.store_access as a where a.login = r.rolname)
            and not exists (
                select from pg_class as c, aclexplode(c.relacl) as g
                where c.oid = 'inventory.store_access'::regclass and g.grantee = r.oid and g.privilege_type = 'SELECT'
            )
    loop
        execute format('grant select on inventory.store_access to %I', v_login);
    end loop;
    for v_login in
        select r.rolname
        from pg_class as c, aclexplode(c.relacl) as g, pg_roles as r
        where c.oid = 'inventory.store_access'::regclass and g.privilege_type = 'SELECT' and r.oid = g.grantee
            and r.rolname <> all ('{inventory_owner,inventory_engine,inventory_admin}') and not exists (select from inventory.store_access as a where a.login = r.rolname)
    loop
        execute format('revoke select on inventory.store_access from %I', v_login);
    end loop;
end
$$;

comment on function inventory._isolate_stores() is 'Makes what stands in store_access true for tables: row-level security and the mark of listed logins.';
