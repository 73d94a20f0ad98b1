-- The public names and types of the schema, its comments, and how its functions are made.
begin;
select no_plan();

select tables_are('inventory', array[
    'stores', 'vendors', 'categories', 'products', 'inventory_stock', 'stock_version_kept', 'inventory_event', 'daemons',
    'settings', 'epoch', 'incarnation_token', 'imports', 'import_batches', 'import_sources', 'import_line_ids',
    'import_staging', 'schema_migration', 'schema_repeatable', 'units', 'stock_remainders', 'stock_remainder_steps',
    'inventory_deduction_idempotency', 'stock_documents', 'stock_document_lines', 'operation_refusals',
    'stock_reservations', 'stock_holds', 'recipes', 'recipe_ingredients', 'conversion_mappings',
    'inventory_deductions', 'inventory_deduction_parts', 'inventory_compensation_log',
    'lot_policies', 'stock_lots', 'stock_lot_entries',
    'offline_transaction_queue', 'offline_queue_decisions',
    'stock_verified', 'stock_lots_verified', 'stock_verifications', 'stock_findings',
    'store_access',
    'folded_stock', 'folded_products', 'folded_store_categories', 'folded_alerts', 'folded_stores', 'folded_analytics', 'sales_by_day',
    'fold_state', 'rebuild_requests'
] || array(
    select c.relname::text from pg_class as c
    where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'p') and c.relname like 'stock\_ledger%'
), 'the tables are those of the reference');

-- Name and type of every public column: what clients' SQL is written against.
select results_eq(
    $$
        select format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod))::text collate "default"
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        where c.relnamespace = 'inventory'::regnamespace and a.attnum > 0 and not a.attisdropped
            and c.relname in ('stores', 'vendors', 'categories', 'products', 'inventory_stock', 'stock_ledger', 'inventory_event')
        order by c.relname, a.attnum
    $$,
    $$ values
        ('categories.category_id bigint'), ('categories.code text'), ('categories.name text'), ('categories.parent_id bigint'),
        ('categories.active boolean'), ('categories.created_at timestamp with time zone'),
        ('categories.updated_at timestamp with time zone'),
        ('inventory_event.event_seq bigint'), ('inventory_event.event_id uuid'), ('inventory_event.type text'),
        ('inventory_event.store_id bigint'), ('inventory_event.product_id bigint'), ('inventory_event.vendor_id bigint'),
        ('inventory_event.category_id bigint'), ('inventory_event.stock_version bigint'), ('inventory_event.changes jsonb'),
        ('inventory_event.actor text'),
        ('inventory_event.correlation_id text'), ('inventory_event.recorded_at timestamp with time zone'),
        ('inventory_event.xid xid8'), ('inventory_event.rung boolean'),
        ('inventory_stock.store_id bigint'), ('inventory_stock.product_id bigint'), ('inventory_stock.on_hand bigint'),
        ('inventory_stock.reserved bigint'), ('inventory_stock.available bigint'),
        ('inventory_stock.low_stock_threshold bigint'), ('inventory_stock.allow_negative boolean'),
        ('inventory_stock.version bigint'), ('inventory_stock.on_hand_delta bigint'),
        ('inventory_stock.reserved_delta bigint'), ('inventory_stock.updated_at timestamp with time zone'),
        ('inventory_stock.keeps_lots boolean'),
        ('products.product_id bigint'), ('products.sku text'), ('products.name text'), ('products.description text'),
        ('products.vendor_id bigint'), ('products.category_id bigint'), ('products.base_price numeric(18,6)'),
        ('products.availability text'), ('products.base_unit text'), ('products.pieces_per_pack bigint'),
        ('products.packs_per_box bigint'), ('products.low_stock_threshold bigint'), ('products.allow_negative boolean'),
        ('products.active boolean'), ('products.created_at timestamp with time zone'),
        ('products.updated_at timestamp with time zone'),
        ('stock_ledger.movement_id bigint'), ('stock_ledger.store_id bigint'), ('stock_ledger.product_id bigint'),
        ('stock_ledger.kind text'), ('stock_ledger.on_hand_delta bigint'), ('stock_ledger.reserved_delta bigint'),
        ('stock_ledger.on_hand_after bigint'), ('stock_ledger.reserved_after bigint'), ('stock_ledger.version bigint'),
        ('stock_ledger.reason text'), ('stock_ledger.reference text'), ('stock_ledger.actor text'),
        ('stock_ledger.correlation_id text'), ('stock_ledger.occurred_at timestamp with time zone'),
        ('stock_ledger.recorded_at timestamp with time zone'), ('stock_ledger.xid xid8'), ('stock_ledger.rung boolean'),
        ('stock_ledger.document_id bigint'),
        ('stores.store_id bigint'), ('stores.code text'), ('stores.name text'), ('stores.currency text'),
        ('stores.time_zone text'), ('stores.low_stock_threshold bigint'), ('stores.allow_negative boolean'),
        ('stores.active boolean'), ('stores.created_at timestamp with time zone'),
        ('stores.updated_at timestamp with time zone'),
        ('vendors.vendor_id bigint'), ('vendors.code text'), ('vendors.name text'), ('vendors.active boolean'),
        ('vendors.created_at timestamp with time zone'), ('vendors.updated_at timestamp with time zone')
    $$,
    'public columns have their names and types'
);

select col_is_pk('inventory', 'inventory_stock', array['store_id', 'product_id'], 'a stock row is named by store and product');
select col_is_unique('inventory', 'stores', array['code'], 'a store is named by its code');
select col_is_unique('inventory', 'products', array['sku'], 'a product is named by its sku');
select is(
    (select attgenerated from pg_attribute where attrelid = 'inventory.inventory_stock'::regclass and attname = 'available'),
    's'::"char", 'available is generated'
);
select is_empty(
    $$
        select a.attrelid::regclass, a.attname
        from pg_attribute as a join pg_class as c on c.oid = a.attrelid
        where c.relnamespace = 'inventory'::regnamespace and a.attidentity = 'd'
    $$,
    'identity keys are GENERATED ALWAYS'
);
select is_empty(
    $$
        select c.conname from pg_constraint as c
        where c.contype = 'f' and c.confrelid in ('inventory.inventory_stock'::regclass, 'inventory.stock_ledger'::regclass)
    $$,
    'no foreign key points at the stock rows or the ledger'
);
select is_empty(
    $$
        select c.conrelid::regclass, c.conname from pg_constraint as c
        where c.contype = 'f' and (c.conrelid::regclass::text like 'inventory.stock_ledger%'
            or c.conrelid in ('inventory.inventory_event'::regclass, 'inventory.stock_version_kept'::regclass))
    $$,
    'append-only tables have no foreign keys'
);
select is_empty(
    $$
        select i.indexrelid::regclass
        from pg_index as i
        join pg_attribute as a on a.attrelid = i.indrelid and (
            a.attnum = any (i.indkey) or pg_get_indexdef(i.indexrelid) ~ ('\m' || a.attname || '\M')
        )
        where i.indrelid = 'inventory.inventory_stock'::regclass
            and a.attname in ('on_hand', 'reserved', 'available', 'version', 'on_hand_delta', 'reserved_delta', 'updated_at')
    $$,
    'no index names a column that a movement changes'
);
select is_empty(
    $$
        select c.conrelid::regclass, c.conname from pg_constraint as c
        where c.connamespace = 'inventory'::regnamespace and not c.convalidated
    $$,
    'every constraint is validated'
);

-- Comments
select is_empty(
    $$
        select format('%s %s', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, c.relname)
        from pg_class as c
        where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
            and obj_description(c.oid, 'pg_class') is null
        union all
        select format('column %s.%s', c.relname, a.attname)
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
            and col_description(c.oid, a.attnum) is null
        union all
        select format('function %s', p.oid::regprocedure)
        from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and obj_description(p.oid, 'pg_proc') is null
        union all
        select format('trigger %s on %s', t.tgname, t.tgrelid::regclass)
        from pg_trigger as t
        join pg_class as c on c.oid = t.tgrelid
        where c.relnamespace = 'inventory'::regnamespace and not t.tgisinternal and t.tgparentid = 0
            and obj_description(t.oid, 'pg_trigger') is null
        union all
        select format('type %s', t.typname)
        from pg_type as t
        join pg_class as c on c.oid = t.typrelid
        where t.typnamespace = 'inventory'::regnamespace and c.relkind = 'c' and obj_description(t.oid, 'pg_type') is null
    $$,
    'everything has a comment'
);
select isnt(obj_description('inventory'::regnamespace, 'pg_namespace'), null, 'the schema has a comment');

-- Owners: three identities. Who writes decides what is captured.
select is_empty(
    $$
        select c.relname from pg_class as c
        where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
            and c.relowner <> 'inventory_owner'::regrole
    $$,
    'inventory_owner owns every table'
);
select is_empty(
    $$
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and p.prosecdef and p.proowner <> 'inventory_engine'::regrole
            and p.proname not in ('make_ledger_months', 'release_ledger_month', 'allow_logical_replication', 'finish_restore',
                '_isolate_stores', 'store_access_after_write', 'store_access_before_write', 'store_access_isolate')
    $$,
    'SECURITY DEFINER functions belong to inventory_engine, but for those that change tables'
);
select is_empty(
    $$
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace
            and not (p.proowner = 'inventory_engine'::regrole or p.proowner = 'inventory_owner'::regrole)
    $$,
    'functions belong to the engine or the owner'
);
select is_empty(
    $$ select rolname from pg_roles where rolname in ('inventory_owner', 'inventory_engine', 'inventory_reader',
        'inventory_writer', 'inventory_daemon', 'inventory_admin') and (rolcanlogin or rolsuper or rolcreaterole or rolbypassrls) $$,
    'no role of the schema can log in or has any power of its own'
);

-- Functions: an explicit search_path ending in pg_temp, or a body that was parsed when it was defined. The functions of the hot
-- path do without: every name and operator in them is qualified, or only functions that fix the path can call them.
-- 02_search_path.sql attacks both.
select is_empty(
    $$
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and p.prosqlbody is null and p.prokind <> 'a'
            and p.proname not in ('inventory_stock_before_update', 'inventory_stock_after_update', '_may_use')
            and not (
                p.proname in (
                    '_begin_operation', '_claim', '_claim_one', '_store_id', '_read_lines', '_line_quantity', '_check_party',
                    '_changes_of_lines', '_move_stock', '_write_document', '_write_document_lines', '_write_movements',
                    '_movements_json', '_done', '_finish_operation', '_move_one', '_write_movement', '_check_order',
                    '_is_plain', '_one_line', '_reserve_one', '_pay_one', '_deduct_batch', '_move_plain', '_move_lines',
                    '_write_plain_movements', '_check_every_store'
                )
                and not p.prosecdef and not has_function_privilege('inventory_admin', p.oid, 'execute')
                and not has_function_privilege('inventory_daemon', p.oid, 'execute')
            )
            and not exists (
                select from unnest(p.proconfig) as s where s ~ '^search_path=.*\mpg_temp$'
            )
    $$,
    'functions fix their search_path, pg_temp last'
);
select is_empty(
    $$
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and has_function_privilege('public', p.oid, 'execute')
    $$,
    'nobody may execute anything as PUBLIC'
);
-- The short way of the hot path lets a change of on_hand without one of version be recorded, whoever makes it.
select results_eq(
    $$
        select p.proname::text collate "default", m.text[1] ~ '\mversion = '
        from pg_proc as p
        cross join regexp_matches(p.prosrc, 'update inventory\.inventory_stock\M(.*?)(?:\mfrom\M|\mwhere\M)', 'g') as m (text)
        where p.pronamespace = 'inventory'::regnamespace and m.text[1] ~ '\mon_hand = '
        order by 1
    $$,
    $$
        values ('_apply_changes', true), ('_import_movements', true), ('_import_stock', true), ('_move_one', true), ('_move_plain', true),
            ('_pay_one', true), ('stock_ledger_after_insert', true)
    $$,
    'functions that change on_hand change the version with it'
);
select is_empty(
    $$
        select t.tgrelid::regclass, t.tgname from pg_trigger as t
        join pg_class as c on c.oid = t.tgrelid
        where c.relnamespace = 'inventory'::regnamespace and not t.tgisinternal and t.tgenabled <> 'A'
    $$,
    'every trigger fires ALWAYS, on partitions too'
);

-- plpgsql_check over every function; trigger functions with each of their tables.
select is_empty(
    $$
        select format('%s line %s: %s %s', p.oid::regprocedure, c.lineno, c.message, c.detail)
        from pg_proc as p
        join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
        cross join lateral plpgsql_check_function_tb(
            p.oid::regprocedure, fatal_errors => false, extra_warnings => true, performance_warnings => false
        ) as c
        where p.pronamespace = 'inventory'::regnamespace and p.prorettype <> 'trigger'::regtype
            -- The parameters limit and order are reserved words and public names; '{}' as the start of an array is no mistake.
            and c.message not in ('name of parameter "limit" is reserved keyword', 'name of parameter "order" is reserved keyword')
            and (c.context like '%initialization%' and c.detail like 'cast "text" value to "%[]" type') is not true
            -- It does not see that a loop without an exit has no end that control could reach.
            and (c.message = 'control reached end of function without RETURN' and p.prosrc ~ '\n    loop\n.*\n    end loop;\nend\n$'
                and p.prosrc !~ '\mexit\M') is not true
    $$,
    'plpgsql_check finds nothing in the functions'
);
select is_empty(
    $$
        select format('%s on %s line %s: %s %s', t.tgfoid::regprocedure, t.tgrelid::regclass, c.lineno, c.message, c.detail)
        from (
            -- A function that serves several triggers of a table is checked with the transition tables of all of them.
            select t.tgfoid, t.tgrelid, max(t.tgnewtable::text)::name as tgnewtable, max(t.tgoldtable::text)::name as tgoldtable
            from pg_trigger as t
            join pg_class as c on c.oid = t.tgrelid
            where c.relnamespace = 'inventory'::regnamespace and not t.tgisinternal and not c.relispartition
            group by t.tgfoid, t.tgrelid
        ) as t
        cross join lateral plpgsql_check_function_tb(
            t.tgfoid::regprocedure, t.tgrelid::regclass, newtable => t.tgnewtable, oldtable => t.tgoldtable,
            fatal_errors => false, extra_warnings => true, performance_warnings => false
        ) as c
        -- A SELECT whose CTEs write has to leave its answer somewhere.
        where c.message <> 'never read variable "v_made_again"'
    $$,
    'plpgsql_check finds nothing in the trigger functions'
);

select * from finish();
rollback;
