-- role: inventory_owner
-- Store isolation of tables: what keeps store_access and its marks together, and the policies.
create or replace function inventory.store_access_after_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role record;
begin
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
    elsif exists (
        select from inventory.store_access as a where a.login = new.login and (a.store_id is null) <> (new.store_id is null)
    ) then
        raise exception 'the login "%" cannot be a pooler''s and have stores of its own', new.login
            using errcode = 'SD045', hint = 'What it says with inventory.login would come to more than what that name may use.';
    end if;
    return null;
end
$$;

comment on function inventory.store_access_after_write() is 'Refuses logins that cannot be held to some stores.';

create or replace function inventory.store_access_isolate() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform inventory._isolate_stores();
    return null;
end
$$;

comment on function inventory.store_access_isolate() is 'Turns isolation on and off, and marks logins.';

create or replace function inventory.store_access_before_write() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform inventory._lock_store_access();
    return null;
end
$$;

comment on function inventory.store_access_before_write() is 'Those that change the list of logins take turns.';

create or replace trigger before_10_take_turns
    before insert or update or delete on inventory.store_access
    for each statement
    execute function inventory.store_access_before_write();

create or replace trigger after_10_check
    after insert or update on inventory.store_access
    for each row
    execute function inventory.store_access_after_write();

-- At the commit: a table that the very statement reads, to look a store up by its code, cannot be altered while it runs.
drop trigger if exists after_20_isolate on inventory.store_access;
create constraint trigger after_20_isolate
    after insert or update or delete on inventory.store_access
    deferrable initially deferred
    for each row
    execute function inventory.store_access_isolate();

alter table inventory.store_access enable always trigger before_10_take_turns;
alter table inventory.store_access enable always trigger after_10_check;
alter table inventory.store_access enable always trigger after_20_isolate;
comment on trigger before_10_take_turns on inventory.store_access is 'One after the other.';
comment on trigger after_10_check on inventory.store_access is 'Refuses logins that cannot be held to some stores.';
comment on trigger after_20_isolate on inventory.store_access is 'Makes it true for tables, at the commit.';

-- The policies. Whoever may not SELECT from store_access is not listed, which costs the look-up of a privilege and no more; the others
-- are asked about, in a sub-select that is worked out once per statement. Null is all stores. A row of no store, such as an event of a
-- product, is everybody's. For the engine and for daemons nothing is worked out at all.
-- inventory_stock has no sub-select: to make two of them ready (for what an UPDATE finds, and for what it leaves) would cost everybody
-- another 12 000 instructions an UPDATE, listed or not. A listed login pays for it with a call per row.
do $$
declare
    v_is_marked constant text :=
        'pg_catalog.has_table_privilege(session_user, ''inventory.store_access''::regclass::oid, ''SELECT'')';
    v_own constant text := format('(select case when %s then inventory._own_stores() end)', v_is_marked);
    v_table record;
    v_what text;
begin
    for v_table in
        select t.name, t.is_of_document
        from (
            values
                ('stores', false), ('inventory_stock', false), ('stock_ledger', false), ('inventory_event', false),
                ('stock_documents', false), ('stock_document_lines', true), ('stock_remainders', false),
                ('stock_remainder_steps', false),
                ('operation_refusals', false), ('stock_reservations', false), ('stock_holds', false),
                ('conversion_mappings', false), ('inventory_deductions', false), ('inventory_deduction_parts', true),
                ('inventory_compensation_log', false), ('stock_lots', false), ('stock_lot_entries', false),
                ('offline_transaction_queue', false), ('offline_queue_decisions', false), ('stock_findings', false),
                ('stock_verifications', false), ('folded_stock', false), ('folded_store_categories', false), ('folded_alerts', false),
                ('folded_stores', false), ('sales_by_day', false), ('folded_products', false), ('folded_analytics', false)
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
            -- Sums over every store.
            when v_table.name = 'folded_products' then format('%s is null', v_own)
            when v_table.name = 'folded_analytics' then format(
                'coalesce(%s::bigint[] @> array[case when scope = ''store'' then id end], true)', v_own
            )
            when v_table.name = 'inventory_stock' then format('not %s or inventory._may_use(store_id)', v_is_marked)
            -- Without the cast it would be a set of rows.
            else format('coalesce(store_id = any (%s::bigint[]), true)', v_own)
        end;
        execute format('create policy own_stores on inventory.%I using (%s)', v_table.name, v_what);
    end loop;
    execute 'drop policy if exists every_store on inventory.store_access';
    execute 'drop policy if exists own_stores on inventory.store_access';
    execute 'create policy every_store on inventory.store_access to inventory_engine, inventory_daemon using (true)';
    execute 'create policy own_stores on inventory.store_access for select using (login = session_user)';
end
$$;
