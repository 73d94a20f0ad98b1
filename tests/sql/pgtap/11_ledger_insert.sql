-- A client's INSERT into stock_ledger is applied to the stock rows.
begin;
select no_plan();

select test.store('led-a'), test.store('led-b');
select test.product('led-' || n) from generate_series(1, 9) as n;
create function pg_temp.a() returns bigint language sql as $$ select test.store('led-a') $$;
create function pg_temp.b() returns bigint language sql as $$ select test.store('led-b') $$;
create function pg_temp.p(n integer) returns bigint language sql as $$ select test.product('led-' || n) $$;
create function pg_temp.move(in_store bigint, in_product bigint, in_kind text, in_delta bigint) returns void language sql as
    $$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (in_store, in_product, in_kind, in_delta) $$;
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;

select pg_temp.move(pg_temp.a(), pg_temp.p(1), 'purchase', 10);
select is(test.stock('led-a', 'led-1'), 'on_hand 10 reserved 0 version 1', 'the first movement makes the stock row');
select pg_temp.move(pg_temp.a(), pg_temp.p(1), 'sale', -4);
select is(test.stock('led-a', 'led-1'), 'on_hand 6 reserved 0 version 2', 'the next one changes it');
select is(test.movements('led-a', 'led-1'), '1:purchase +10>10, 2:sale -4>6', 'balances and versions are filled in');

insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
values (pg_temp.a(), pg_temp.p(1), 'sale', -1), (pg_temp.b(), pg_temp.p(2), 'purchase', 5), (pg_temp.a(), pg_temp.p(1), 'sale', -2),
    (pg_temp.a(), pg_temp.p(1), 'return', 1);
select is(test.movements('led-a', 'led-1'), '1:purchase +10>10, 2:sale -4>6, 3:sale -1>5, 4:sale -2>3, 5:return +1>4',
    'several movements of one stock row in one statement follow each other');
select is(test.stock('led-b', 'led-2'), 'on_hand 5 reserved 0 version 1', 'and those of others beside them');
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
select pg_temp.a(), pg_temp.p(3), 'sale', -1 from generate_series(1, 0);
select is(test.stock('led-a', 'led-3'), null, 'a statement of no movements does nothing');
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
select pg_temp.a(), pg_temp.p(3), case when n % 2 = 1 then 'purchase' else 'sale' end, case when n % 2 = 1 then 3 else -2 end
from generate_series(1, 20000) as n;
select is(test.stock('led-a', 'led-3'), 'on_hand 10000 reserved 0 version 20000', '20 000 movements of one stock row');
select pg_temp.move(pg_temp.a(), pg_temp.p(3), 'count', 0);
select is(test.stock('led-a', 'led-3'), 'on_hand 10000 reserved 0 version 20001', 'a movement of 0 is one: somebody counted');

-- What a client says is kept, what it leaves out comes from its settings
set local inventory.reason = 'from the setting';
set local inventory.actor = 'Ana';
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, reason, reference, actor, correlation_id, occurred_at)
values (pg_temp.a(), pg_temp.p(4), 'purchase', 1, 'delivery', 'PO 7', 'Ben', 'req-1', '2001-02-03 04:05:06+00');
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.a(), pg_temp.p(4), 'purchase', 1);
select results_eq(
    $$ select version, reason, reference, actor, correlation_id, occurred_at = '2001-02-03 04:05:06+00', recorded_at > now() - interval '1 hour'
       from inventory.stock_ledger where product_id = test.product('led-4') order by version $$,
    $$ values (1::bigint, 'delivery', 'PO 7', 'Ben', 'req-1', true, true), (2::bigint, 'from the setting', null, 'Ana', null, false, true) $$,
    'reason, reference, actor, correlation id and time are kept, else taken from the settings'
);
set local inventory.reason = '';
set local inventory.actor = '';

-- Superusers cannot disturb it
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, on_hand_after, version, xid, movement_id)
overriding system value values (pg_temp.a(), pg_temp.p(4), 'purchase', 1, 777, 777, '3', 1);
select is(test.stock('led-a', 'led-4'), 'on_hand 3 reserved 0 version 3', 'balance and version that somebody puts in are overruled');
select is(
    (select xid from inventory.stock_ledger where product_id = pg_temp.p(4) and version = 3), pg_current_xact_id(),
    'so is the transaction'
);

-- Overselling
select is(
    pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store('led-a'), test.product('led-4'), 'sale', -5) $$),
    '23514 Insufficient stock of led-4 in led-a: Need 5, Have 3 (Short: 2)', 'overselling names sku, store, need and have'
);
select is(
    pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
        values (test.store('led-a'), test.product('led-4'), 'sale', -2), (test.store('led-a'), test.product('led-4'), 'sale', -2) $$),
    '23514 Insufficient stock of led-4 in led-a: Need 4, Have 3 (Short: 1)', 'a statement is looked at as a whole'
);
select is(
    pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store('led-b'), test.product('led-9'), 'sale', -1) $$),
    '23514 Insufficient stock of led-9 in led-b: Need 1, Have 0 (Short: 1)', 'a first movement cannot sell'
);
select is(test.stock('led-b', 'led-9'), null, 'and leaves no stock row behind');
update inventory.products set allow_negative = true where sku = 'led-9';
select pg_temp.move(pg_temp.b(), pg_temp.p(9), 'sale', -1);
select is(test.stock('led-b', 'led-9'), 'on_hand -1 reserved 0 version 1', 'unless the product allows it');

-- Bad input
select is(pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (-5, test.product('led-4'), 'sale', 1) $$),
    'SD006 no store has the id -5', 'an unknown store is refused');
select is(pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store('led-a'), -6, 'sale', 1) $$),
    'SD006 no product has the id -6', 'an unknown product is refused');
select is(pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store('led-a'), test.product('led-4'), 'theft', 1) $$),
    'SD006 unknown kind of movement: "theft"', 'an unknown kind is refused');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, %L, 1)', pg_temp.a(), pg_temp.p(4), kind)),
    'SD006 a movement of kind "' || kind || '" is not inserted', 'kind ' || kind || ' has another way in')
from unnest(array['direct', 'reservation', 'release']) as kind;
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, %L, 0)', pg_temp.a(), pg_temp.p(9), kind)),
    'done', 'kind ' || kind || ' is inserted')
from unnest(inventory.movement_kinds()) as kind where kind not in ('direct', 'reservation', 'release');
select is(
    pg_temp.try($$ insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
        values (test.store('led-a'), test.product('led-4'), 'sale', -1), (test.store('led-a'), -6, 'sale', 1) $$),
    'SD006 no product has the id -6', 'one bad movement refuses the statement'
);
select is(test.stock('led-a', 'led-4'), 'on_hand 3 reserved 0 version 3', 'as a whole');
select alike(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, null, 1)', pg_temp.a(), pg_temp.p(4))),
    '23502 %', 'a null kind is refused');
select alike(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, ''sale'', null)', pg_temp.a(), pg_temp.p(4))),
    '23502 %', 'a null quantity is refused');
select alike(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (null, %s, ''sale'', 1)', pg_temp.p(4))),
    '23502 %', 'a null store is refused');
select alike(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, ''sale'', 1, null)', pg_temp.a(), pg_temp.p(4))),
    '23502 %', 'a null time is refused');
select alike(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, ''sale'', 9223372036854775808)', pg_temp.a(), pg_temp.p(4))),
    '22003 %', 'what is no bigint is refused');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%s, %s, ''purchase'', 9223372036854775805)', pg_temp.a(), pg_temp.p(4))),
    '22003 Stock of led-4 in led-a would be out of range: On hand 3, Reserved 0, Change 9223372036854775805',
    'a balance that is no bigint is refused by name');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%1$s, %2$s, ''purchase'', 9223372036854775800), (%1$s, %2$s, ''purchase'', 9223372036854775800)', pg_temp.a(), pg_temp.p(5))),
    '22003 Stock of led-5 in led-a would be out of range: On hand 0, Reserved 0, Change 18446744073709551600',
    'also a sum over the statement');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%1$s, %2$s, ''sale'', -9223372036854775800), (%1$s, %2$s, ''sale'', -9223372036854775800)', pg_temp.a(), pg_temp.p(4))),
    '23514 Insufficient stock of led-4 in led-a: Need 18446744073709551600, Have 3 (Short: 18446744073709551597)',
    'a need that is no bigint is named too');
savepoint far;
update inventory.inventory_stock set allow_negative = true where store_id = pg_temp.a() and product_id = pg_temp.p(4);
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%1$s, %2$s, ''sale'', -9223372036854775807), (%1$s, %2$s, ''sale'', -5)', pg_temp.a(), pg_temp.p(4))),
    '22003 Stock of led-4 in led-a would be out of range: On hand 3, Reserved 0, Change -9223372036854775812',
    'below the range, where the stock may be negative');
select pg_temp.move(pg_temp.a(), pg_temp.p(4), 'purchase', 9223372036854775804);
select is(test.stock('led-a', 'led-4'), 'on_hand 9223372036854775807 reserved 0 version 4', 'the largest balance');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (%1$s, %2$s, ''sale'', -2), (%1$s, %2$s, ''return'', 2)', pg_temp.a(), pg_temp.p(4))),
    'done', 'what stays in range all the way is taken, also at its end');
rollback to far;
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, occurred_at) values (%s, %s, ''sale'', -1, %L)', pg_temp.a(), pg_temp.p(4), time)),
    '22008 a movement happens at a time, not at ' || time,
    time || ' is no time at which something happened')
from unnest(array['infinity', '-infinity']) as time;
select is(test.stock('led-a', 'led-4'), 'on_hand 3 reserved 0 version 3', 'and nothing has moved');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, reason) values (%s, %s, ''purchase'', 1, repeat(''x'', 2001))', pg_temp.a(), pg_temp.p(4))),
    '22001 a text of the movement is too long', 'a reason that is too long is refused');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, reference) values (%s, %s, ''purchase'', 1, repeat(''x'', 501))', pg_temp.a(), pg_temp.p(4))),
    '22001 a text of the movement is too long', 'a reference that is too long is refused');
select is(pg_temp.try(format('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, actor) values (%s, %s, ''purchase'', 1, repeat(''x'', 201))', pg_temp.a(), pg_temp.p(4))),
    '22001 a text of the movement is too long', 'an actor that is too long is refused');

-- By the ledger's own name everybody's movements are applied, the owner's too, but the engine's: those are applied already.
savepoint who;
set local role inventory_owner;
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store('led-a'), test.product('led-4'), 'sale', -1);
reset role;
select is(test.stock('led-a', 'led-4'), 'on_hand 2 reserved 0 version 4', 'a movement of the owner is applied');
set local role inventory_engine;
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, on_hand_after, version)
values (test.store('led-a'), test.product('led-4'), 'sale', -1, 1, 5);
reset role;
select is(test.stock('led-a', 'led-4'), 'on_hand 2 reserved 0 version 4', 'one of the engine is not');
rollback to who;
-- Whichever way in, the ids are of one row of numbers.
select is(
    (select count(*) - count(distinct movement_id) from inventory.stock_ledger), 0::bigint, 'no two movements have one id'
);

-- Append-only
select is(pg_temp.try('update inventory.stock_ledger set reason = ''other'''), 'SD005 stock_ledger_' || to_char(now() at time zone 'UTC', 'YYYY_MM') || ' is append-only: UPDATE is refused',
    'UPDATE of the ledger is refused, a superuser too');
select alike(pg_temp.try('delete from inventory.stock_ledger'), 'SD005 %DELETE is refused', 'so is DELETE');
select alike(pg_temp.try('truncate inventory.stock_ledger'), 'SD005 %TRUNCATE is refused', 'so is TRUNCATE');
select alike(pg_temp.try('truncate inventory.stock_ledger_months'), 'SD005 %TRUNCATE is refused', 'also by the name below it');
select alike(pg_temp.try('delete from inventory.stock_ledger_months'), 'SD005 %DELETE is refused', 'as is DELETE');
select alike(pg_temp.try(format('delete from inventory.%I', 'stock_ledger_' || to_char(now() at time zone 'UTC', 'YYYY_MM'))), 'SD005 %', 'so is DELETE from a partition');

select is_empty(
    $$select c.relname from pg_class as c where c.relnamespace = 'inventory'::regnamespace and c.relname like 'stock\_ledger%' and c.relkind = 'r'
        and not pg_temp.try(format('truncate inventory.%I', c.relname)) like 'SD005 %'$$, 'nor is a partition emptied by TRUNCATE'
);

-- MERGE and CTEs come as INSERTs
merge into inventory.stock_ledger as l using (values (1), (2)) as n (x) on false
when not matched then insert (store_id, product_id, kind, on_hand_delta) values (pg_temp.a(), pg_temp.p(6), 'purchase', n.x);
select is(test.stock('led-a', 'led-6'), 'on_hand 3 reserved 0 version 2', 'MERGE into the ledger');
with moved as (
    insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta)
    values (pg_temp.a(), pg_temp.p(6), 'transfer_out', -2), (pg_temp.b(), pg_temp.p(6), 'transfer_in', 2) returning 1
)
select count(*) from moved;
select is(test.stock('led-a', 'led-6') || ' / ' || test.stock('led-b', 'led-6'), 'on_hand 1 reserved 0 version 3 / on_hand 2 reserved 0 version 1', 'a CTE');
savepoint s;
select pg_temp.move(pg_temp.a(), pg_temp.p(6), 'purchase', 100);
rollback to s;
select is(test.movements('led-a', 'led-6'), '1:purchase +1>1, 2:purchase +2>3, 3:transfer_out -2>1', 'a savepoint that is rolled back leaves none');

-- A ledger row and a plain UPDATE of its stock row in one transaction
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = pg_temp.a() and product_id = pg_temp.p(6);
select pg_temp.move(pg_temp.a(), pg_temp.p(6), 'purchase', 1);
update inventory.inventory_stock set low_stock_threshold = 5 where store_id = pg_temp.a() and product_id = pg_temp.p(6);
select is(test.movements('led-a', 'led-6'), '1:purchase +1>1, 2:purchase +2>3, 3:transfer_out -2>1, 4:direct +1>2, 5:purchase +1>3',
    'both ways in may mix');

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
