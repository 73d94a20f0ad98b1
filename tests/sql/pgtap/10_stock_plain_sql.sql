-- Plain SQL on inventory_stock: every form writes its movements, with dense versions, whoever writes.
begin;
select no_plan();

select test.store('dml-a'), test.store('dml-b');
select test.product('dml-' || n) from generate_series(1, 9) as n;
create function pg_temp.a() returns bigint language sql as $$ select test.store('dml-a') $$;
create function pg_temp.b() returns bigint language sql as $$ select test.store('dml-b') $$;
create function pg_temp.p(n integer) returns bigint language sql as $$ select test.product('dml-' || n) $$;

-- INSERT
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (pg_temp.a(), pg_temp.p(1), 40);
select is(test.stock('dml-a', 'dml-1'), 'on_hand 40 reserved 0 version 1', 'INSERT makes version 1');
select is(test.movements('dml-a', 'dml-1'), '1:direct +40>40', 'INSERT writes a movement');
insert into inventory.inventory_stock (store_id, product_id) values (pg_temp.b(), pg_temp.p(1));
select is(test.movements('dml-b', 'dml-1'), '1:direct +0>0', 'INSERT of an empty stock row writes a movement of 0, so that readers see the row');
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select pg_temp.a(), pg_temp.p(n), n from generate_series(2, 4) as n;
select is(
    (select count(*) from inventory.stock_ledger where store_id = pg_temp.a() and product_id in (pg_temp.p(2), pg_temp.p(3), pg_temp.p(4))),
    3::bigint, 'INSERT of many rows writes one movement each'
);

-- UPDATE
update inventory.inventory_stock set on_hand = on_hand + 2 where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is(test.stock('dml-a', 'dml-1'), 'on_hand 42 reserved 0 version 2', 'UPDATE gives the next version');
select is(test.movements('dml-a', 'dml-1'), '1:direct +40>40, 2:direct +2>42', 'UPDATE writes a movement');

update inventory.inventory_stock set on_hand = on_hand where store_id = pg_temp.a();
select is(test.stock('dml-a', 'dml-1'), 'on_hand 42 reserved 0 version 2', 'an UPDATE that changes nothing gives no version');
update inventory.inventory_stock set on_hand = 1 where false;
select is((select count(*) from inventory.stock_ledger where store_id = pg_temp.a()), 5::bigint, 'nor a movement, nor does one of no rows');

-- Thresholds and policies are events
update inventory.inventory_stock set low_stock_threshold = 7 where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is(test.stock('dml-a', 'dml-1'), 'on_hand 42 reserved 0 version 2', 'a threshold gives no version');
select is(
    (select jsonb_agg(changes) from inventory.inventory_event where type = 'stock_settings_changed' and store_id = pg_temp.a()),
    '[[{"field": "low_stock_threshold", "oldValue": 0, "newValue": 7}]]', 'but an event stock_settings_changed'
);
update inventory.inventory_stock set low_stock_threshold = 8, allow_negative = true, on_hand = 41
where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is(test.movements('dml-a', 'dml-1'), '1:direct +40>40, 2:direct +2>42, 3:direct -1>41', 'quantity and threshold in one statement: the movement');
select is(
    (select changes from inventory.inventory_event where type = 'stock_settings_changed' and store_id = pg_temp.a() order by event_seq desc limit 1),
    '[{"field": "low_stock_threshold", "oldValue": 7, "newValue": 8}, {"field": "allow_negative", "oldValue": false, "newValue": true}]',
    'and the event, each field in it once'
);
update inventory.inventory_stock set low_stock_threshold = low_stock_threshold where store_id = pg_temp.a();
update inventory.inventory_stock set low_stock_threshold = 9 where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is(test.movements('dml-a', 'dml-1'), '1:direct +40>40, 2:direct +2>42, 3:direct -1>41', 'a threshold edit does not repeat the last movement');
select is(
    (select count(*) from inventory.inventory_event where type = 'stock_settings_changed' and store_id = pg_temp.a()), 3::bigint,
    'a threshold set to what it is is no event'
);

-- DELETE and again
delete from inventory.inventory_stock where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is(test.movements('dml-a', 'dml-1'), '1:direct +40>40, 2:direct +2>42, 3:direct -1>41, 4:direct -41>0', 'DELETE writes a movement');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (pg_temp.a(), pg_temp.p(1), 5);
select is(test.stock('dml-a', 'dml-1'), 'on_hand 5 reserved 0 version 5', 'a row made again goes on from its old version');
delete from inventory.inventory_stock where store_id = pg_temp.a() and product_id = pg_temp.p(1);
delete from inventory.inventory_stock where store_id = pg_temp.a() and product_id = pg_temp.p(1);
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.a(), pg_temp.p(1), 'purchase', 3);
select is(test.stock('dml-a', 'dml-1'), 'on_hand 3 reserved 0 version 7', 'also when a movement makes it again');

-- ON CONFLICT
insert into inventory.inventory_stock as s (store_id, product_id, on_hand)
select pg_temp.a(), pg_temp.p(n), 10 from generate_series(4, 5) as n
on conflict (store_id, product_id) do update set on_hand = s.on_hand + excluded.on_hand;
select is(test.movements('dml-a', 'dml-4'), '1:direct +4>4, 2:direct +10>14', 'ON CONFLICT DO UPDATE is an update where there is a row');
select is(test.movements('dml-a', 'dml-5'), '1:direct +10>10', 'and an insert where there is none');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (pg_temp.a(), pg_temp.p(5), 99) on conflict do nothing;
select is(test.movements('dml-a', 'dml-5'), '1:direct +10>10', 'ON CONFLICT DO NOTHING writes nothing for a row that is there');

-- MERGE
merge into inventory.inventory_stock as s
using (values (pg_temp.p(4), 1), (pg_temp.p(5), 0), (pg_temp.p(6), 6)) as n (product_id, quantity)
on s.store_id = pg_temp.a() and s.product_id = n.product_id
when matched and n.quantity = 0 then delete
when matched then update set on_hand = n.quantity
when not matched then insert (store_id, product_id, on_hand) values (pg_temp.a(), n.product_id, n.quantity);
select is(test.movements('dml-a', 'dml-4'), '1:direct +4>4, 2:direct +10>14, 3:direct -13>1', 'MERGE: update');
select is(test.movements('dml-a', 'dml-5'), '1:direct +10>10, 2:direct -10>0', 'MERGE: delete');
select is(test.movements('dml-a', 'dml-6'), '1:direct +6>6', 'MERGE: insert');

-- CTEs
with gone as (
    delete from inventory.inventory_stock where store_id = pg_temp.a() and product_id = pg_temp.p(6) returning on_hand
)
insert into inventory.inventory_stock (store_id, product_id, on_hand) select pg_temp.b(), pg_temp.p(6), g.on_hand from gone as g;
select is(test.movements('dml-a', 'dml-6') || ' / ' || test.movements('dml-b', 'dml-6'), '1:direct +6>6, 2:direct -6>0 / 1:direct +6>6',
    'a CTE that deletes and an INSERT');
with gone as (
    delete from inventory.inventory_stock where store_id = pg_temp.b() and product_id = pg_temp.p(6)
    returning store_id, product_id, on_hand
)
insert into inventory.inventory_stock (store_id, product_id, on_hand) select g.store_id, g.product_id, g.on_hand + 1 from gone as g;
select is(test.movements('dml-b', 'dml-6'), '1:direct +6>6, 2:direct -6>0, 3:direct +7>7', 'one statement that deletes a row and makes it again');
with taken as (
    update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = pg_temp.b() and product_id = pg_temp.p(6) returning 1
)
update inventory.inventory_stock set on_hand = on_hand + (select count(*) from taken)
where store_id = pg_temp.a() and product_id = pg_temp.p(4);
select is(test.movements('dml-b', 'dml-6'), '1:direct +6>6, 2:direct -6>0, 3:direct +7>7, 4:direct -1>6', 'two UPDATEs in one statement: the first');
select is(test.stock('dml-a', 'dml-4'), 'on_hand 2 reserved 0 version 4', 'two UPDATEs in one statement: the second');

-- Savepoints
savepoint s;
update inventory.inventory_stock set on_hand = 0 where store_id = pg_temp.a() and product_id = pg_temp.p(4);
rollback to s;
select is(test.stock('dml-a', 'dml-4'), 'on_hand 2 reserved 0 version 4', 'a savepoint that is rolled back takes the row back');
select is((select max(version) from inventory.stock_ledger where store_id = pg_temp.a() and product_id = pg_temp.p(4)), 4::bigint, 'and its movement');
do $$
begin
    update inventory.inventory_stock set on_hand = 9 where store_id = pg_temp.a() and product_id = pg_temp.p(4);
    raise division_by_zero;
exception when division_by_zero then null;
end
$$;
select is((select max(version) from inventory.stock_ledger where store_id = pg_temp.a() and product_id = pg_temp.p(4)), 4::bigint, 'and so does an exception');

-- Keys
update inventory.inventory_stock set product_id = pg_temp.p(7) where store_id = pg_temp.a() and product_id = pg_temp.p(4);
select is(test.stock('dml-a', 'dml-7'), 'on_hand 2 reserved 0 version 1', 'a changed key arrives at version 1 where nothing was');
select is(
    (select on_hand_after::text || ' at ' || version from inventory.stock_ledger where store_id = pg_temp.a() and product_id = pg_temp.p(4) order by version desc limit 1),
    '0 at 5', 'and leaves a movement to 0'
);
update inventory.inventory_stock set product_id = pg_temp.p(4), on_hand = on_hand + 5 where store_id = pg_temp.a() and product_id = pg_temp.p(7);
select is(test.stock('dml-a', 'dml-4'), 'on_hand 7 reserved 0 version 6', 'a key with a kept version goes on from there, with the quantity of the same statement');
-- Swap of two keys, through a third
select is(test.stock('dml-a', 'dml-2'), 'on_hand 2 reserved 0 version 1', 'before the swap');
update inventory.inventory_stock set product_id = pg_temp.p(8) where store_id = pg_temp.a() and product_id = pg_temp.p(2);
update inventory.inventory_stock set product_id = pg_temp.p(2) where store_id = pg_temp.a() and product_id = pg_temp.p(4);
update inventory.inventory_stock set product_id = pg_temp.p(4) where store_id = pg_temp.a() and product_id = pg_temp.p(8);
select is(test.stock('dml-a', 'dml-2') || ' / ' || test.stock('dml-a', 'dml-4'),
    'on_hand 7 reserved 0 version 3 / on_hand 2 reserved 0 version 8', 'a swap keeps both histories dense');
-- Many keys in one statement, each into the place of the one before
update inventory.inventory_stock set store_id = pg_temp.b() where store_id = pg_temp.a() and product_id in (pg_temp.p(2), pg_temp.p(3), pg_temp.p(4));
select is(test.stock('dml-b', 'dml-3'), 'on_hand 3 reserved 0 version 1', 'many keys in one statement');
select is_empty('select test.contradictions()', 'Q1 holds after key changes');

-- Who writes does not matter
update inventory.inventory_stock set on_hand = on_hand + 1, version = 99, on_hand_delta = 1000, updated_at = 'epoch'
where store_id = pg_temp.b() and product_id = pg_temp.p(3);
select is(test.movements('dml-b', 'dml-3'), '1:direct +3>3, 2:direct +1>4', 'a superuser who sets the version is overruled');
set local role inventory_owner;
update inventory.inventory_stock set on_hand = on_hand + 1, version = version + 1
where store_id = test.store('dml-b') and product_id = test.product('dml-3');
insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold, allow_negative, version)
values (test.store('dml-b'), test.product('dml-9'), 1, 0, false, 50);
reset role;
select is(test.stock('dml-b', 'dml-3'), 'on_hand 5 reserved 0 version 3', 'so is the owner of the table');
select is(test.stock('dml-b', 'dml-9'), 'on_hand 1 reserved 0 version 1', 'with a new row too');
update inventory.inventory_stock set reserved = 1 where store_id = pg_temp.b() and product_id = pg_temp.p(3);
select is(
    (select format('%s %s', reserved_delta, reserved_after) from inventory.stock_ledger where store_id = pg_temp.b() and product_id = pg_temp.p(3) order by version desc limit 1),
    '1 1', 'reserved quantities are movements as well'
);
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = pg_temp.b() and product_id = pg_temp.p(3);
update inventory.inventory_stock set on_hand = on_hand + 1, reserved = 2 where store_id = pg_temp.b() and product_id = pg_temp.p(3);
select is(
    (select string_agg(format('%s %s', on_hand_delta, reserved_delta), ', ' order by version)
     from inventory.stock_ledger where store_id = pg_temp.b() and product_id = pg_temp.p(3) and version > 4),
    '1 0, 1 1', 'on_hand after a change of reserved, and both at once'
);
update inventory.inventory_stock set reserved = 0 where store_id = pg_temp.b() and product_id = pg_temp.p(3);
-- The engine's functions write their own movements and say so by the version; one that forgot it would not move stock unseen.
set local role inventory_engine;
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = test.store('dml-b') and product_id = test.product('dml-3');
reset role;
select is(
    (select format('%s %s', on_hand_delta, kind) from inventory.stock_ledger where store_id = pg_temp.b() and product_id = pg_temp.p(3) order by version desc limit 1),
    '1 direct', 'a function of the engine that forgot the version would be recorded'
);

-- A foreign key that cascades deletes as the owner of the table
savepoint cascade;
alter table inventory.inventory_stock drop constraint inventory_stock_product_id_fk;
alter table inventory.inventory_stock add constraint inventory_stock_product_id_fk
    foreign key (product_id) references inventory.products on delete cascade;
delete from inventory.products where sku = 'dml-9';
select is(
    (select string_agg(on_hand_delta::text, ' ' order by version) from inventory.stock_ledger as l
     where store_id = pg_temp.b() and not exists (select from inventory.products as p where p.product_id = l.product_id)),
    '1 -1', 'a cascade is recorded'
);
select is_empty('select test.contradictions()', 'Q1 holds after a cascade');
rollback to cascade;

-- COPY
select pg_temp.b() as b, pg_temp.p(7) as p7, pg_temp.p(8) as p8 \gset
\setenv COPY_B :b
\setenv COPY_P7 :p7
\setenv COPY_P8 :p8
\copy inventory.inventory_stock (store_id, product_id, on_hand) from program 'printf "%s\t%s\t70\n%s\t%s\t80\n" "$COPY_B" "$COPY_P7" "$COPY_B" "$COPY_P8"'
select is(test.movements('dml-b', 'dml-7') || ' / ' || test.movements('dml-b', 'dml-8'), '1:direct +70>70 / 1:direct +80>80', 'COPY writes movements');

-- TRUNCATE
select throws_ok(
    $$ update inventory.inventory_stock set reserved = 1 where store_id = test.store('dml-b') and product_id = test.product('dml-8');
       truncate inventory.inventory_stock $$,
    'SD008', 'TRUNCATE of inventory_stock is refused while stock is reserved', 'TRUNCATE is refused while stock is reserved'
);
select throws_ok(
    $$ update inventory.inventory_stock set reserved = 1 where store_id = test.store('dml-b') and product_id = test.product('dml-8');
       delete from inventory.inventory_stock where store_id = test.store('dml-b') $$,
    'SD008', 'DELETE of inventory_stock is refused while stock is reserved', 'so is DELETE of such a row, also among others'
);
select throws_ok(
    $$ update inventory.inventory_stock set reserved = 1 where store_id = test.store('dml-b') and product_id = test.product('dml-8');
       update inventory.inventory_stock set product_id = test.product('dml-99')
       where store_id = test.store('dml-b') and product_id = test.product('dml-8') $$,
    'SD008', 'UPDATE of the key of inventory_stock is refused while stock is reserved', 'and a change of its key'
);
truncate inventory.inventory_stock;
select is(test.movements('dml-b', 'dml-7'), '1:direct +70>70, 2:direct -70>0', 'TRUNCATE writes a movement per row');
select is_empty('select test.contradictions()', 'Q1 holds after TRUNCATE');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (pg_temp.b(), pg_temp.p(7), 7);
select is(test.stock('dml-b', 'dml-7'), 'on_hand 7 reserved 0 version 3', 'and versions go on afterwards');

-- Overselling
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
declare
    v_hint text;
begin
    execute in_sql;
    return 'done';
exception when others then
    get stacked diagnostics v_hint = constraint_name;
    return sqlstate || ' ' || sqlerrm || case when v_hint <> '' then ' [' || v_hint || ']' else '' end;
end
$$;
update inventory.inventory_stock set on_hand = 3 where product_id = pg_temp.p(7);
select is(
    pg_temp.try($$ update inventory.inventory_stock set on_hand = on_hand - 5 where product_id = test.product('dml-7') $$),
    '23514 Insufficient stock of dml-7 in dml-b: Need 5, Have 3 (Short: 2) [inventory_stock_available_ck]',
    'overselling names sku, store, need and have'
);
select is(
    pg_temp.try($$ update inventory.inventory_stock set store_id = test.store('dml-a'), on_hand = on_hand - 5 where product_id = test.product('dml-7') $$),
    '23514 Insufficient stock of dml-7 in dml-a: Need 5, Have 3 (Short: 2) [inventory_stock_available_ck]', 'also with a changed key'
);
select is(
    pg_temp.try($$ insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('dml-a'), test.product('dml-8'), -2) $$),
    '23514 Insufficient stock of dml-8 in dml-a: Need 2, Have 0 (Short: 2) [inventory_stock_available_ck]', 'also for a new row'
);
update inventory.inventory_stock set reserved = 2 where product_id = pg_temp.p(7);
select is(
    pg_temp.try($$ update inventory.inventory_stock set on_hand = 1 where product_id = test.product('dml-7') $$),
    '23514 Insufficient stock of dml-7 in dml-b: Need 2, Have 1 (Short: 1) [inventory_stock_available_ck]', 'what is reserved is not there to be taken'
);
update inventory.inventory_stock set reserved = 0, allow_negative = true where product_id = pg_temp.p(7);
select is(
    pg_temp.try($$ update inventory.inventory_stock set on_hand = -5 where product_id = test.product('dml-7') $$),
    'done', 'a row that allows it may fall below zero'
);
savepoint below_zero;
update inventory.inventory_stock set on_hand = -5 where product_id = pg_temp.p(7);
select is(
    pg_temp.try($$ update inventory.inventory_stock set allow_negative = false where product_id = test.product('dml-7') $$),
    '23514 Stock of dml-7 in dml-b is below zero: Available -5 [inventory_stock_available_ck]', 'and cannot forbid it while it is'
);
select is(
    pg_temp.try($$ update inventory.inventory_stock set allow_negative = false, on_hand = on_hand + 2 where product_id = test.product('dml-7') $$),
    '23514 Stock of dml-7 in dml-b is below zero: Available -3 [inventory_stock_available_ck]', 'also not with some that comes in'
);
select is(
    pg_temp.try($$ update inventory.inventory_stock set allow_negative = false, on_hand = 0 where product_id = test.product('dml-7') $$),
    'done', 'but with enough'
);
rollback to below_zero;
select is(
    pg_temp.try($$ alter table inventory.inventory_stock disable trigger before_10_update;
        update inventory.inventory_stock set on_hand = -1, allow_negative = false where product_id = test.product('dml-7') $$),
    '23514 new row for relation "inventory_stock" violates check constraint "inventory_stock_available_ck" [inventory_stock_available_ck]',
    'without its trigger the CHECK still refuses'
);

-- Bad input
select alike(pg_temp.try($$ insert into inventory.inventory_stock (store_id, product_id, on_hand) values (-1, test.product('dml-8'), 1) $$),
    '23503 %', 'an unknown store is refused');
select alike(pg_temp.try($$ insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('dml-a'), -1, 1) $$),
    '23503 %', 'an unknown product is refused');
select alike(pg_temp.try($$ update inventory.inventory_stock set on_hand = null $$), '23502 %', 'a null quantity is refused');
select alike(pg_temp.try($$ update inventory.inventory_stock set on_hand = 9223372036854775808 $$), '22003 %', 'what is no bigint is refused');
select alike(
    pg_temp.try($$ update inventory.inventory_stock set on_hand = -9223372036854775808 where product_id = test.product('dml-7');
                   update inventory.inventory_stock set on_hand = 9223372036854775807 where product_id = test.product('dml-7') $$),
    '22003 %', 'a change that is no bigint is refused'
);
select alike(pg_temp.try($$ update inventory.inventory_stock set low_stock_threshold = -1 $$), '23514 %', 'a negative threshold is refused');
select alike(pg_temp.try($$ update inventory.inventory_stock set reserved = -1 $$), '23514 %', 'a negative reservation is refused');

-- Defaults of new rows
update inventory.stores set low_stock_threshold = 11, allow_negative = true where code = 'dml-a';
update inventory.products set low_stock_threshold = 22 where sku = 'dml-2';
insert into inventory.inventory_stock (store_id, product_id) values (pg_temp.a(), pg_temp.p(2)), (pg_temp.a(), pg_temp.p(3));
select results_eq(
    $$ select low_stock_threshold, allow_negative from inventory.inventory_stock where store_id = test.store('dml-a') order by product_id $$,
    $$ values (22::bigint, true), (11::bigint, true) $$, 'a new row takes the defaults of its product, else of its store'
);

-- Context
set local inventory.reason = 'inventory count';
set local inventory.reference = 'count 7';
set local inventory.actor = 'Ana';
set local inventory.correlation_id = 'req-1';
update inventory.inventory_stock set on_hand = 1 where store_id = pg_temp.a() and product_id = pg_temp.p(2);
select is(
    (select format('%s|%s|%s|%s', reason, reference, actor, correlation_id) from inventory.stock_ledger where store_id = pg_temp.a() and product_id = pg_temp.p(2) order by version desc limit 1),
    'inventory count|count 7|Ana|req-1', 'set local says why and who'
);
select set_config('inventory.reason', repeat('x', 5000), true), set_config('inventory.actor', '', true);
update inventory.inventory_stock set on_hand = 2 where store_id = pg_temp.a() and product_id = pg_temp.p(2);
select is(
    (select format('%s %s', length(reason), actor = session_user) from inventory.stock_ledger where store_id = pg_temp.a() and product_id = pg_temp.p(2) order by version desc limit 1),
    '2000 t', 'a reason that is too long is cut; without an actor it is the login'
);

select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
