-- breaking: no
-- role: installer
-- The roles, all NOLOGIN. Two own things, four are granted to logins; grants.sql says what each may do.
-- A role belongs to the whole cluster: another database with this schema may have made it already.
do $$
declare
    v_role text;
begin
    foreach v_role in array array[
        'inventory_owner', 'inventory_engine', 'inventory_reader', 'inventory_writer', 'inventory_daemon', 'inventory_admin'
    ] loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
            execute pg_catalog.format('create role %I nologin', v_role);
        end if;
    end loop;
end
$$;

-- What each may do comes from here and from grants.sql; membership needs the right to make roles, so it stands here.
grant inventory_reader to inventory_writer, inventory_daemon;
grant inventory_writer, inventory_daemon to inventory_admin;
