-- role: inventory_owner
-- Store isolation of tables: what keeps store_access and its marks together, and the policies.
create or replace function inventory.store_access_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role record;
begin
    if tg_op <> 'DELETE' then
        select r.rolsuper or pg_has_role(r.oid, 'inventory_daemon', 'member') or pg_has_role(r.oid, 'inventory_owner', 'member')
            or pg_has_role(r.oid, 'inventory_engine', 'member') or r.rolbypassrls as sees_all
        into v_role
        from pg_roles as r
        where r.rolname = new.login;
        if v_role.sees_all then
            raise exception 'the login "%" sees every store', new.login
                using errcode = 'SD045',
                detail = 'Superusers, owners, daemons and admins do, and roles that bypass row-level security.',
                hint = 'List one that is a reader or a writer.';
        elsif new.store_id is null and v_role is null then
            raise exception 'there is no role "%"', new.login
                using errcode = 'SD045', hint = 'A row without a store is for the login of a pooler.';
        end if;
    end if;
    perform inventory._isolate_stores();
    return null;
end
$$;

comment on function inventory.store_access_after_write() is 'Refuses logins that cannot be held to some stores, and turns isolation on and off.';

create or replace trigger after_10_isolate
    after insert or update or delete on inventory.store_access
    for each row
    execute function inventory.store_access_after_write();

alter table inventory.store_access enable always trigger after_10_isolate;
comment on trigger after_10_isolate on inventory.store_access is 'Makes it true for tables.';

-- The policies. One sub-select, worked out once per statement: whoever may not SELECT from store_access is not listed, which costs the
-- look-up of a privilege and no more; the others are asked about. Null is all stores. A row of no store, such as an event
-- of a product, is everybody's. For the engine and for daemons nothing is worked out at all.
do $$
declare
    v_own constant text :=
        '(select case when pg_catalog.has_table_privilege(session_user, ''inventory.store_access''::regclass::oid, ''SELECT'') '
        'then inventory._own_stores() end)';
    v_table record;
    v_what text;
begin
    for v_table in
        select t.name, t.is_of_document
        from (
            values
                ('stores', false), ('inventory_stock', false), ('stock_ledger', false), ('inventory_event', false),
                ('stock_documents', false), ('stock_document_lines', true), ('stock_remainders', false),
                ('operation_refusals', false), ('stock_reservations', false), ('stock_holds', false),
                ('conversion_mappings', false), ('inventory_deductions', false), ('inventory_deduction_parts', true),
                ('inventory_compensation_log', false), ('stock_lots', false), ('stock_lot_entries', false),
                ('offline_transaction_queue', false), ('offline_queue_decisions', false), ('stock_findings', false),
                ('stock_verifications', false)
        ) as t (name, is_of_document)
    loop
        execute format('drop policy if exists every_store on inventory.%I', v_table.name);
        execute format('drop policy if exists own_stores on inventory.%I', v_table.name);
        execute format(
            'create policy every_store on inventory.%I to inventory_engine, inventory_daemon using (true)', v_table.name
        );
        v_what := case
            when v_table.is_of_document then format(
                '%s is null or exists (select from inventory.stock_documents as d where d.document_id = %I.document_id)',
                v_own, v_table.name
            )
            else format('coalesce(store_id = any (%s), true)', v_own)
        end;
        -- "= any ((select ...))" would be a set of rows; the cast makes it an array.
        v_what := replace(v_what, 'any (' || v_own || ')', 'any (' || v_own || '::bigint[])');
        execute format('create policy own_stores on inventory.%I using (%s)', v_table.name, v_what);
    end loop;
    execute 'drop policy if exists every_store on inventory.store_access';
    execute 'drop policy if exists own_stores on inventory.store_access';
    execute 'create policy every_store on inventory.store_access to inventory_engine, inventory_daemon using (true)';
    execute 'create policy own_stores on inventory.store_access for select using (login = session_user)';
end
$$;
