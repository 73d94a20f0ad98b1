-- Store isolation: a login that is listed in store_access sees and moves only its stores, through every table and every function;
-- one that is not listed sees all; a pooler's login acts for whom it says.
begin;
-- Isolation is turned on and off at the commit, which does not come here.
set constraints inventory.after_20_isolate immediate;
select no_plan();

select test.store('acc-empty'), test.store('acc-a') as a, test.store('acc-b') as b, test.product('acc-1') as p, test.product('acc-dish') as dish \gset
select set_config('test.a', :'a', true), set_config('test.b', :'b', true), set_config('test.p', :'p', true);
insert into inventory.vendors (code, name) values ('acc-v', 'V');
update inventory.products set vendor_id = (select vendor_id from inventory.vendors where code = 'acc-v') where sku = 'acc-1';
select inventory.position() as start \gset

-- Something of every table in both stores.
select test.product('acc-lot'), inventory.set_lot_policy('acc-lot', 'fifo'), inventory.set_recipe('acc-dish', '[{"name": "Flour", "quantity": 1, "unit": "piece"}]');
create function pg_temp.fill(in_store text) returns void language plpgsql as $$
begin
    perform inventory.must(inventory.receive_purchase(in_store, '[{"sku": "acc-1", "quantity": 100.5}, {"sku": "acc-lot", "quantity": 5, "unit_cost": 1}]'));
    perform inventory.set_conversion_mapping(in_store, 'Flour', 'piece', 'acc-1', 1, 1);
    perform inventory.must(inventory.record_sale(in_store, '[{"sku": "acc-1", "quantity": 1}]', reference => in_store || '-sale'));
    perform inventory.must(inventory.deduct_inventory_atomic(in_store, '[{"sku": "acc-dish", "quantity": 2}]', in_store || '-t'));
    perform inventory.must(inventory.compensate_deduction(in_store || '-t', '[{"line": 1, "quantity": 1}]', in_store));
    perform inventory.must(inventory.reserve_stock(in_store || '-o', in_store, '[{"sku": "acc-1", "quantity": 1}]'));
    perform inventory.record_sale(in_store, '[{"sku": "acc-1", "quantity": 1000}]');
    perform inventory.queue_transaction(in_store, '[{"sku": "acc-1", "quantity": 1}]', in_store || '-q', 'till');
    perform inventory.verify(in_store);
    insert into inventory.stock_findings (store_id, product_id, kind, version, details)
    select s.store_id, current_setting('test.p')::bigint, 'reserved', 1, '{"reserved": 0, "held": 0}' from inventory.stores as s where s.code = in_store;
end
$$;
select pg_temp.fill('acc-a'), pg_temp.fill('acc-b');
-- What is folded: in a transaction that has written nothing can be.
insert into inventory.folded_stock (store_id, product_id, version, on_hand, reserved, low_stock_threshold, is_counted, is_alerted, category_id)
select s.store_id, s.product_id, s.version, s.on_hand - (s.store_id = :b)::integer, s.reserved, s.low_stock_threshold, true, false, 0
from inventory.inventory_stock as s where s.store_id in (:a, :b);
insert into inventory.folded_products (product_id, status, on_hand, reserved, low_stock_threshold, stores, stores_with_stock, stores_low, stores_out, cost_value, stores_without_cost)
select f.product_id, 'in_stock', sum(f.on_hand), sum(f.reserved), 0, count(*), count(*), 0, 0, 0, 0
from inventory.folded_stock as f where f.store_id in (:a, :b) group by f.product_id;
insert into inventory.folded_store_categories values (:a, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0), (:b, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0);
insert into inventory.folded_alerts values (:a, :p, 1, 1, 0, 0, now()), (:b, :p, 1, 1, 0, 0, now());
insert into inventory.folded_stores values (:a, current_date), (:b, current_date) on conflict do nothing;
insert into inventory.sales_by_day values (:a, :p, current_date, 1), (:b, :p, current_date, 1);
insert into inventory.folded_analytics
select scope, id, 1, 1, 1, 1, 1, 1, 'EUR', 1, 1, 1, 1, 1, 1, 1, 1, 1, now() from (values ('store', :a), ('store', :b), ('overall', 0)) as v (scope, id);
select inventory.delete_product('acc-1') ->> 'success' as deleted \gset
select is(:'deleted'::text, 'false', 'a refusal of no store');

create role acc_till login in role inventory_writer;
create role acc_free login in role inventory_writer;
create role acc_pooler login in role inventory_writer;
create role acc_admin login in role inventory_admin;
create role acc_daemon login in role inventory_daemon;

-- Listing
select is_empty(
    $$ select c.relname from pg_class as c where c.relnamespace = 'inventory'::regnamespace and c.relrowsecurity and c.relname <> 'store_access' $$,
    'nobody is listed: no row-level security, so that COPY and plans are as without it'
);
set session authorization acc_admin;
select lives_ok($$ insert into inventory.store_access (login, store_id) values ('acc_till', current_setting('test.a')::bigint) $$, 'an admin lists a login');
select lives_ok(
    $$ insert into inventory.store_access (login, store_id) values ('acc_pooler', null), ('cashier', current_setting('test.a')::bigint), ('boss', current_setting('test.a')::bigint), ('boss', current_setting('test.b')::bigint) $$,
    'and a pooler''s, and names that are said through it'
);
select throws_ok($$ insert into inventory.store_access (login, store_id) values ('acc_daemon', current_setting('test.a')::bigint) $$, 'SD045', 'the login "acc_daemon" sees every store', 'a daemon is not listed');
select throws_ok($$ insert into inventory.store_access (login, store_id) values ('acc_nobody', null) $$, 'SD045', 'there is no role "acc_nobody"', 'a pooler''s login exists');
select throws_ok($$ insert into inventory.store_access (login, store_id) values ('acc_pooler', current_setting('test.a')::bigint) $$, 'SD045', null, 'a pooler''s login has no store of its own');
select throws_ok($$ insert into inventory.store_access (login, store_id) values ('acc_till', null) $$, 'SD045', null, 'nor is one that has some a pooler''s');
insert into inventory.store_access (login, store_id) select 'cashier', s.store_id from inventory.stores as s where s.code = 'acc-empty';
select throws_ok($$ delete from inventory.stores where code = 'acc-empty' $$, '23503', null, 'a store that is listed does not go, and its logins to all stores with it');
reset session authorization;
select throws_ok($$ drop role acc_till $$, '2BP01', null, 'a listed role is not dropped, to be made anew without its mark');
select is_empty(
    $$
        select format('%s: has %s', c.relname, a.attname)
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attname in ('store_id', 'document_id') and not a.attisdropped
        where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
            and has_table_privilege('inventory_reader', c.oid, 'SELECT') and not c.relrowsecurity
            and not (c.relkind = 'v' and coalesce(c.reloptions, '{}') @> '{security_invoker=true}')
    $$,
    'every table of stores that a reader may read has row-level security, and every view reads as who asks'
);

-- Every such table: what there is, and what each login sees of the stores.
create temporary table sees (login text, name text, stores text);
grant all on sees to public;
create function pg_temp.look() returns void language plpgsql as $$
declare
    v_name text;
begin
    for v_name in
        select c.relname from pg_class as c
        where c.relnamespace = 'inventory'::regnamespace and c.relrowsecurity
            and c.relname not in ('store_access', 'folded_products', 'folded_analytics')
    loop
        if exists (select from pg_attribute where attrelid = ('inventory.' || v_name)::regclass and attname = 'store_id') then
            execute format(
                $q$ insert into sees select session_user, %L, string_agg(distinct case x.store_id when %s then 'a' when %s then 'b' end, '' order by case x.store_id when %2$s then 'a' when %3$s then 'b' end) from inventory.%I as x $q$,
                v_name, current_setting('test.a'), current_setting('test.b'), v_name
            );
        else
            execute format(
                $q$ insert into sees select session_user, %L, string_agg(distinct m.name, '' order by m.name) from inventory.%I as x join docs as m using (document_id) $q$,
                v_name, v_name
            );
        end if;
    end loop;
end
$$;
create temporary table docs as
    select d.document_id, case d.store_id when :a then 'a' else 'b' end as name from inventory.stock_documents as d where d.store_id in (:a, :b);
grant select on docs to public;
select pg_temp.look();
select is_empty($$ select name from sees where stores is distinct from 'ab' $$, 'every table has something of both stores');
select is((select count(*) from sees), 26::bigint, 'twenty-six tables');
set session authorization acc_till;
select pg_temp.look();
select is_empty($$ select name, stores from sees where login = 'acc_till' and stores is distinct from 'a' $$, 'a listed login sees its store, in every table');
select is((select count(*) from inventory.folded_products), 0::bigint, 'no sums over all stores');
select results_eq(
    $$ select scope, id from inventory.inventory_analytics_mv where id in (current_setting('test.a')::bigint, current_setting('test.b')::bigint, 0) $$,
    $$ values ('store', current_setting('test.a')::bigint) $$, 'of the analytics its own store'
);
select results_eq(
    $$ select m.on_hand from inventory.inventory_summary_mv as m where m.sku = 'acc-1' $$,
    $$ select s.on_hand::numeric from inventory.inventory_stock as s where s.product_id = current_setting('test.p')::bigint $$,
    'the summary adds up its own store'
);
select results_eq(
    $$ select m.on_hand from inventory.inventory_summary_now as m where m.sku = 'acc-1' $$,
    $$ select s.on_hand::numeric from inventory.inventory_stock as s where s.product_id = current_setting('test.p')::bigint $$,
    'and so does what is true now'
);
select is_empty(
    $$
        select store_id from inventory.inventory_by_shop_now where store_id <> current_setting('test.a')::bigint
        union all select store_id from inventory.inventory_by_shop_category_now where store_id <> current_setting('test.a')::bigint
        union all select store_id from inventory.low_stock_alerts_now where store_id <> current_setting('test.a')::bigint
        union all select store_id from inventory.inventory_positions where store_id <> current_setting('test.a')::bigint
    $$, 'nor do the other views tell of others'
);
set role inventory_writer;
select is((select array_agg(distinct store_id) from inventory.inventory_stock), array[:a]::bigint[], 'also as another role');
reset role;
select is((select count(*) from inventory.store_access), 1::bigint, 'and what is listed of itself');
select is((select count(*) from inventory.operation_refusals where store_id = 0), 0::bigint, 'nor a refusal of no store, which may name others');
set session authorization acc_free;
select pg_temp.look();
select is_empty($$ select name, stores from sees where login = 'acc_free' and stores is distinct from 'ab' $$, 'one that is not listed sees all');
select throws_ok($$ select from inventory.store_access $$, '42501', null, 'but not who is listed');
set inventory.login = 'cashier';
select is((select count(distinct store_id) from inventory.inventory_stock where store_id in (:a, :b)), 2::bigint, 'the setting counts for nobody but a pooler''s login');
set session authorization acc_daemon;
select pg_temp.look();
select is_empty($$ select name, stores from sees where login = 'acc_daemon' and stores is distinct from 'ab' $$, 'a daemon sees all');
set session authorization acc_pooler;
reset inventory.login;
select pg_temp.look();
select is_empty($$ select name, stores from sees where login = 'acc_pooler' and stores is not null $$, 'a pooler''s login that says nothing sees nothing');
select throws_ok($$ select inventory.adjust_stock('acc-a', '[{"sku": "acc-1", "quantity": 1}]', 'x') $$, 'SD045', null, 'and moves nothing');
set inventory.login = 'somebody';
select is((select count(*) from inventory.inventory_stock), 0::bigint, 'nor does one that says a name which is not listed');
set inventory.login = 'acc_pooler';
select is((select count(*) from inventory.inventory_stock), 0::bigint, 'or its own');
set inventory.login = 'cashier';
delete from sees where login = 'acc_pooler';
select pg_temp.look();
select is_empty($$ select name, stores from sees where login = 'acc_pooler' and stores is distinct from 'a' $$, 'one that says a name sees what is listed for it');
select is(inventory.adjust_stock('acc-a', '[{"sku": "acc-1", "quantity": 1}]', 'x') ->> 'success', 'true', 'and moves that');
select throws_ok($$ select inventory.adjust_stock('acc-b', '[{"sku": "acc-1", "quantity": 1}]', 'x') $$, 'SD045', 'the login "acc_pooler" may not use the store "acc-b"', 'no other store');
set inventory.login = 'boss';
select is(inventory.adjust_stock('acc-b', '[{"sku": "acc-1", "quantity": -1}]', 'x') ->> 'success', 'true', 'the next one moves what is his');
reset inventory.login;

-- Plain SQL
set session authorization acc_till;
select throws_ok(
    format('select inventory._raise_insufficient(%s, %s, 5, 3)', :b, :p), '23514', 'Insufficient stock of acc-1 in <NULL>: Need 5, Have 3 (Short: 2)',
    'what refuses a change tells no other store''s code'
);
create function pg_temp.touched(in_sql text) returns bigint language plpgsql as $$
declare
    v_count bigint;
begin
    execute in_sql;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
select is(pg_temp.touched(format('update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = %s and product_id = %s', :a, :p)), 1::bigint, 'UPDATE of its stock row');
select is(pg_temp.touched(format('update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = %s', :b)), 0::bigint, 'no UPDATE of another store''s');
select is(pg_temp.touched(format('delete from inventory.inventory_stock where store_id = %s', :b)), 0::bigint, 'no DELETE');
select throws_ok(format('insert into inventory.inventory_stock (store_id, product_id, on_hand) values (%s, %s, 1)', :b, :dish), '42501', null, 'no INSERT');
select lives_ok(format('insert into inventory.inventory_stock (store_id, product_id, on_hand) values (%s, %s, 1)', :a, :dish), 'INSERT into its own');
select throws_ok(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, ''sale'', -1)', :b, :p), '42501', null, 'no movement');
select lives_ok(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, ''sale'', -1)', :a, :p), 'a movement of its own');
select throws_ok($$ insert into inventory.stores (code, name) values ('acc-c', 'C') $$, '42501', null, 'no new store');
select is(pg_temp.touched(format('update inventory.stores set name = ''X'' where store_id = %s', :b)), 0::bigint, 'no UPDATE of another store');

-- Every function that takes a store, that a writer may call.
create temporary table calls (name text, call text);
grant select on calls to public;
reset session authorization;
insert into calls values
    ('receive_purchase', $$('$S', '[{"sku": "acc-1", "quantity": 1}]')$$),
    ('record_sale', $$('$S', '[{"sku": "acc-1", "quantity": 1}]')$$),
    ('record_sale', $$('$S', '[{"sku": "acc-1", "quantity": 1}, {"sku": "acc-lot", "quantity": 1}]')$$),
    ('record_sale', $$('$S', '[{"sku": "acc-1", "quantity": 1}, {"sku": "acc-1", "quantity": 1}]')$$),
    ('return_sale', $$('$S', '[{"sku": "acc-1", "quantity": 1}]', '$S-sale')$$),
    ('adjust_stock', $$('$S', '[{"sku": "acc-1", "quantity": 1}]', 'x')$$),
    ('set_stock', $$('$S', '[{"sku": "acc-1", "quantity": 60}]')$$),
    ('reserve_stock', $$('$S-o2', '$S', '[{"sku": "acc-1", "quantity": 1}]')$$),
    ('extend_reservation', $$('$S-o2', '$S')$$),
    ('unreserve_stock', $$('$S-o2', '$S')$$),
    ('process_order_stock_reduction', $$('$S-o', '$S')$$),
    ('set_conversion_mapping', $$('$S', 'Salt', 'piece', 'acc-1', 1, 1)$$),
    ('remove_conversion_mapping', $$('$S', 'Salt', 'piece')$$),
    ('validate_deduction', $$('$S', '[{"sku": "acc-dish", "quantity": 1}]')$$),
    ('sellable', $$('acc-dish', '$S')$$),
    ('deduct_inventory_atomic', $$('$S', '[{"sku": "acc-dish", "quantity": 1}]', '$S-t2')$$),
    ('deduct_inventory_atomic', $$('$S', '[{"sku": "acc-1", "quantity": 1}]', '$S-t3')$$),
    ('deduct_inventory_many', $$('[{"store": "$S", "lines": [{"sku": "acc-1", "quantity": 1}], "transaction_id": "$S-t4"}]')$$),
    ('deduct_inventory_many', $$('[{"store": "$S", "lines": [{"sku": "acc-dish", "quantity": 1}], "transaction_id": "$S-t5"}]')$$),
    ('deduct_inventory_many', $$('$S', array['$S-t6'], array['acc-1'], array[1])$$),
    ('compensate_deduction', $$('$S-t', store => '$S')$$),
    ('add_lot_cost', $$('$S', (select max(lot_id) from inventory.stock_lots where store_id = $I), 1)$$),
    ('list_lots', $$('$S')$$),
    ('stock_history', $$('acc-1', '$S')$$),
    ('stock_at', $$(clock_timestamp(), '$S')$$),
    ('stock_at_version', $$('acc-1', '$S', 1)$$),
    ('stock_valuation', $$(null, '$S')$$),
    ('list_documents', $$('$S')$$),
    ('queue_transaction', $$('$S', '[{"sku": "acc-1", "quantity": 1}]', '$S-q2', 'till')$$),
    ('reject_transaction', $$('$S-q2', '$S', 'no')$$),
    ('sync_all_pending', $$('$S')$$),
    ('approve_transaction', $$('$S-q', '$S')$$),
    ('get_queue_metrics', $$('$S')$$),
    ('get_deduction_metrics', $$('$S')$$),
    ('run_health_check', $$('$S')$$);
create function pg_temp.call(in_name text, in_call text, in_store text, in_id text) returns text language plpgsql as $$
begin
    execute format('select * from inventory.%I%s', in_name, replace(replace(in_call, '$S', in_store), '$I', in_id));
    return 'done';
exception when others then
    return sqlstate;
end
$$;
select is_empty(
    $$
        select p.oid::regprocedure
        from pg_proc as p
        where p.pronamespace = 'inventory'::regnamespace and has_function_privilege('inventory_writer', p.oid, 'execute')
            and ('store' = any (p.proargnames) or p.proname in ('compensate_deduction', 'deduct_inventory_many'))
            and p.proname not in (select c.name from calls as c)
            -- A column, not an argument: below.
            and p.proname <> 'feed_after'
    $$,
    'every function that takes a store is called here'
);
set session authorization acc_till;
select is(pg_temp.call(c.name, c.call, 'acc-b', :'b'), 'SD045', format('not of another store: %s%s', c.name, c.call)) from calls as c;
select is(pg_temp.call(c.name, c.call, 'acc-a', :'a'), 'done', format('of its own: %s%s', c.name, c.call)) from calls as c;

-- Those that look over all stores
select is((select array_agg(distinct s.store_code) from inventory.stock_at(clock_timestamp()) as s), array['acc-a'], 'stock_at() of all stores');
select is((select array_agg(distinct v.store_code) from inventory.stock_valuation() as v), array['acc-a'], 'stock_valuation() of all stores');
select is(inventory.get_vendor_inventory_stats('acc-v') #>> '{stock,stores}', '1', 'get_vendor_inventory_stats()');
select throws_ok($$ select inventory.compensate_deduction('acc-b-t') $$, 'SD006', null, 'compensate_deduction() finds no store by another''s transaction id');
select throws_ok($$ select inventory.delete_product('acc-1') $$, 'SD045', 'delete_product() touches every store, and the login "acc_till" may use some only', 'delete_product()');
select throws_ok($$ select inventory.set_lot_policy('acc-1', 'fifo') $$, 'SD045', null, 'set_lot_policy()');
insert into inventory.import_staging (line, store_id, product_id, kind, quantity) values (1, :b, :p, 'adjustment', 1);
select throws_ok(
    $$ select inventory._import_movements(b.import_id, b.run, null) from inventory._begin_import('movements', repeat('a', 64), '', 'f', null) as b $$,
    'SD045', null, 'an import of movements'
);
select throws_ok(
    $$ select inventory._import_stock(b.import_id, b.run, null) from inventory._begin_import('stock', repeat('a', 64), '', 'f', null) as b $$,
    'SD045', null, 'an import of stock'
);
reset session authorization;
-- In a transaction of its own nothing but this could have locked the row.
delete from inventory.import_staging as i where i.xid = pg_current_xact_id();
select array_agg(s.xmax::text order by s.product_id) as locked from inventory.inventory_stock as s where s.store_id = :b \gset
insert into inventory.import_staging (line, store_id, product_id, quantity, amount)
select n.line, n.store_id, p.product_id, 0, 1 from (values (2, :a), (3, :b)) as n (line, store_id), inventory.products as p where p.sku = 'acc-lot';
set session authorization acc_till;
select is(
    (
        select inventory._import_lots(b.import_id, b.run, null)
        from inventory._begin_import('lots', repeat('a', 64), '', 'f', null) as b
    ),
    '{"applied": 1, "already": 0, "rejected": [[3, "the login \"acc_till\" may not use the store \"acc-b\""]]}'::jsonb,
    'an import of lots receives those of its own stores'
);
reset session authorization;
select is((select array_agg(s.xmax::text order by s.product_id)::text from inventory.inventory_stock as s where s.store_id = :b), :'locked', 'and locks nothing of others');

-- Rows that came in past the trigger, in a cluster where nobody is marked.
revoke select on inventory.store_access from acc_till;
alter table inventory.stock_holds disable row level security;
select inventory.finish_restore() \g /dev/null
set session authorization acc_till;
select is((select array_agg(distinct store_id) from inventory.stock_holds), array[:a]::bigint[], 'finish_restore() makes the list true again');
reset session authorization;

-- Last, because it ends isolation.
set session authorization acc_admin;
select lives_ok($$ delete from inventory.store_access $$, 'an admin takes everybody off the list');
reset session authorization;
select is_empty(
    $$ select c.relname from pg_class as c where c.relnamespace = 'inventory'::regnamespace and c.relrowsecurity and c.relname <> 'store_access' $$,
    'and row-level security is off again'
);
select ok(not has_table_privilege('acc_till', 'inventory.store_access', 'SELECT'), 'and the mark is gone');

select * from finish();
rollback;
