-- Why is this 47, and what was it then: history, balances of any time and version, documents.
begin;
select no_plan();

select test.store('his-a'), test.store('his-b'), test.product('his-1'), test.product('his-2');
select inventory.receive_purchase('his-a', '[{"sku": "his-1", "quantity": 10, "unit_cost": 1.25, "lot": "L 1", "expires_on": "2027-01-31"}]', reference => 'PO 1', party => 'Mill', actor => 'ana');
select pg_sleep(0.002), clock_timestamp() as t1 \gset
select pg_sleep(0.002);
select inventory.record_sale('his-a', '[{"sku": "his-1", "quantity": 4, "price": 2}]', reference => 'R 1', correlation_id => 'req-1');
update inventory.inventory_stock set on_hand = on_hand + 41 where store_id = test.store('his-a') and product_id = test.product('his-1');
select pg_sleep(0.002), clock_timestamp() as t2 \gset
select pg_sleep(0.002);
select inventory.adjust_stock('his-a', '[{"sku": "his-1", "quantity": -7}, {"sku": "his-2", "quantity": 3}]', 'broken');
select inventory.receive_purchase('his-b', '[{"sku": "his-1", "quantity": 1}]');

select results_eq(
    $$ select version, kind, on_hand_delta, on_hand, available, reason, reference, document_kind, party from inventory.stock_history('his-1', 'his-a') $$,
    $$ values
        (1::bigint, 'purchase', 10::bigint, 10::bigint, 10::bigint, null, 'PO 1', 'purchase', 'Mill'), (2, 'sale', -4, 6, 6, null, 'R 1', 'sale', null),
        (3, 'direct', 41, 47, 47, null, null, null, null), (4, 'adjustment', -7, 40, 40, 'broken', null, null, null)
    $$, 'history says why a stock row is what it is'
);
select is((select array_agg(h.version) from inventory.stock_history('his-1', 'his-a', :'t1', :'t2') as h), array[2, 3]::bigint[], 'between two times');
select is((select array_agg(h.version) from inventory.stock_history('his-1', 'his-a', "limit" => 2) as h), array[3, 4]::bigint[], 'or the last ones');
select throws_ok($$ select * from inventory.stock_history('his-x', 'his-a') $$, 'SD006', 'no product has the sku "his-x"', 'of a product that there is');
select throws_ok($$ select * from inventory.stock_history('his-1', 'his-x') $$, 'SD006', 'no store has the code "his-x"', 'in a store that there is');
select throws_ok($$ select * from inventory.stock_history(null, 'his-a') $$, '22004', 'no product is given', 'and that was given');

create function pg_temp.at(in_time timestamptz, in_store text) returns text language sql as $$
    select string_agg(format('%s/%s %s v%s', a.store_code, a.sku, a.on_hand, a.version), ', ') from inventory.stock_at(in_time, in_store) as a where a.sku like 'his-%'
$$;
select is(pg_temp.at(:'t1', 'his-a'), 'his-a/his-1 10 v1', 'the stock as it was');
select is(pg_temp.at(:'t2', 'his-a'), 'his-a/his-1 47 v3', 'and later');
select is(pg_temp.at(clock_timestamp(), null), 'his-a/his-1 40 v4, his-a/his-2 3 v1, his-b/his-1 1 v1', 'and is, in all stores');
select is(pg_temp.at('-infinity', null), null, 'before everything there was none');
delete from inventory.inventory_stock where store_id = test.store('his-a') and product_id = test.product('his-1');
select is(pg_temp.at(:'t2', 'his-a'), 'his-a/his-1 47 v3', 'also of a row that was deleted since');
select is(pg_temp.at(clock_timestamp(), 'his-a'), 'his-a/his-1 0 v5, his-a/his-2 3 v1', 'of which nothing is there now');
select throws_ok($$ select * from inventory.stock_at(null) $$, '22004', 'no time is given', 'a time is needed');
select throws_ok($$ select * from inventory.stock_at(now(), 'his-x') $$, 'SD006', null, 'and a store that there is');
select results_eq(
    $$ select on_hand, kind, on_hand_delta from inventory.stock_at_version('his-1', 'his-a', 3) $$, $$ values (47::bigint, 'direct', 41::bigint) $$, 'the stock at a version'
);
select is_empty($$ select * from inventory.stock_at_version('his-1', 'his-a', 99) $$, 'a version that is not there has none');

-- Against the definition, for every border: the balance after the last movement recorded by then.
select test.product('his-3');
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) select test.store('his-a'), test.product('his-3'), 'purchase', n from generate_series(1, 70) as n;
select is_empty(
    $$
        select l.version
        from inventory.stock_ledger as l
        cross join lateral inventory._version_at(l.store_id, l.product_id, 70, l.recorded_at) as at (version)
        where l.product_id = test.product('his-3') and l.store_id = test.store('his-a') and not exists (
            select from inventory.stock_ledger as e
            where e.store_id = l.store_id and e.product_id = l.product_id and e.version = at.version and e.recorded_at <= l.recorded_at
        )
    $$,
    'the version at each of 70 times is one that was recorded by then'
);
select is(
    (select array_agg(inventory._version_at(l.store_id, l.product_id, 70, l.recorded_at) order by l.version) from inventory.stock_ledger as l
     where l.product_id = test.product('his-3') and not exists (
        select from inventory.stock_ledger as n where n.product_id = l.product_id and n.version > l.version and n.recorded_at <= l.recorded_at)),
    (select array_agg(l.version order by l.version) from inventory.stock_ledger as l
     where l.product_id = test.product('his-3') and not exists (
        select from inventory.stock_ledger as n where n.product_id = l.product_id and n.version > l.version and n.recorded_at <= l.recorded_at)),
    'and the last of them'
);

-- Documents
select results_eq(
    $$ select document_kind, document_reference, party, actor, lines from inventory.list_documents('his-a') $$,
    $$ values
        ('sale', 'R 1', null, session_user::text collate "default", '[{"line": 1, "sku": "his-1", "quantity": 4, "unit": "piece", "price": 2, "version": 2}]'::jsonb),
        ('purchase', 'PO 1', 'Mill', 'ana', '[{"line": 1, "sku": "his-1", "quantity": 10, "unit": "piece", "unit_cost": 1.25, "lot": "L 1", "expires_on": "2027-01-31", "version": 1}]')
    $$, 'documents with their lines, the newest first'
);
select is((select count(*) from inventory.list_documents('his-a', kind => 'sale')), 1::bigint, 'by kind');
select is((select count(*) from inventory.list_documents('his-a', reference => 'PO 1')), 1::bigint, 'by reference');
select is((select count(*) from inventory.list_documents('his-a', until => now())), 0::bigint, 'by time: until is not included');
select is((select count(*) from inventory.list_documents('his-a', since => now())), 2::bigint, 'since is');
select is((select count(*) from inventory.list_documents('his-a', "limit" => 1)), 1::bigint, 'or the last ones');

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
