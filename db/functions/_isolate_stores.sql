-- role: inventory_owner
-- Makes what stands in store_access true for tables: row-level security is on while anybody is listed, and whoever is listed and
-- is a login of this cluster may SELECT from store_access, which is what the policies look for. The privilege also keeps a listed
-- role from being dropped and made anew without it.
-- Called by the table's trigger, by finish_restore() and with the grants. Harmless at any other time.
-- Locks: AccessExclusive on the tables with policies when the first login is listed or the last one goes; nothing otherwise.
create or replace function inventory._isolate_stores() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
    v_is_on boolean;
    v_table regclass;
    v_login name;
begin
    -- Two that change one table's privileges at the same time would fail.
    perform pg_advisory_xact_lock(6004511353635864580);
    v_is_on := exists (select from inventory.store_access);
    for v_table in
        select c.oid::regclass
        from pg_class as c
        where c.relnamespace = 'inventory'::regnamespace and c.relrowsecurity <> v_is_on and c.oid <> 'inventory.store_access'::regclass
            and exists (select from pg_policy as p where p.polrelid = c.oid)
        order by c.relname
    loop
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
