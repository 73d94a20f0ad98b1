-- What a login, a database or a session has set may change how a literal reads and how a time is written: not what is done.
begin;
select plan(13);

select test.store('ss-a'), test.product('ss-1'), test.product('ss-2');
select inventory.set_lot_policy('ss-2', 'fefo');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('ss-a'), test.product('ss-1'), 100);

-- A backslash in a function is read as the session has set it.
select is_empty(
    $$ select p.oid::regprocedure from pg_proc as p where p.pronamespace = 'inventory'::regnamespace and position(chr(92) in p.prosrc) > 0 $$,
    'no function has a backslash'
);

select inventory.reserve_stock('ss-o1', 'ss-a', '[{"sku": "ss-1", "quantity": 1}]', '90 minutes', idempotency_key => 'ss-k1') ->> 'success' as reserved,
    inventory.extend_reservation('ss-o1', 'ss-a', '1 day', idempotency_key => 'ss-k2') ->> 'success' as extended,
    inventory.reserve_stock('ss-o2', 'ss-a', '[{"sku": "ss-1", "quantity": 1}, {"sku": "ss-1", "quantity": 1}]', '90 minutes', idempotency_key => 'ss-k3') ->> 'success' as longer \gset
select is(:'reserved' || ' ' || :'extended' || ' ' || :'longer', 'true true true', 'what is tried again below');

set local standard_conforming_strings = off;
set local escape_string_warning = off;
set local datestyle = 'SQL, DMY';
set local timezone = 'Asia/Kolkata';
set local intervalstyle = 'iso_8601';
set local extra_float_digits = 0;
set local array_nulls = off;
set local bytea_output = 'escape';
set local transform_null_equals = on;

select is(
    inventory.reserve_stock('ss-o1', 'ss-a', '[{"sku": "ss-1", "quantity": 1}]', '90 minutes', idempotency_key => 'ss-k1') ->> 'replayed', 'true',
    'a reservation tried again under another IntervalStyle is the same'
);
select is(
    inventory.reserve_stock('ss-o2', 'ss-a', '[{"sku": "ss-1", "quantity": 1}, {"sku": "ss-1", "quantity": 1}]', '90 minutes', idempotency_key => 'ss-k3') ->> 'replayed', 'true',
    'of several lines too'
);
select is(inventory.extend_reservation('ss-o1', 'ss-a', '24 hours', idempotency_key => 'ss-k2') ->> 'replayed', 'true', 'so is an extension, which may say the same time in other words');
select is(
    inventory.extend_reservation('ss-o1', 'ss-a', '23 hours', idempotency_key => 'ss-k2') #>> '{errors,0,code}', 'idempotency_conflict', 'another time is another request'
);

select is(
    inventory.receive_purchase('ss-a', '[{"sku": "ss-2", "quantity": 5, "lot": "x", "expires_on": "2199-12-31"}]') ->> 'success', 'true', 'a day is a day'
);
select throws_ok(
    $$ select inventory.receive_purchase('ss-a', '[{"sku": "ss-2", "quantity": 5, "lot": "x", "expires_on": "2027-02-29"}]') $$, '22023', null, 'and none is none'
);
select is(
    inventory.deduct_inventory_many(
        '[{"store": "ss-a", "transaction_id": "ss-m", "lines": [{"sku": "ss-1", "quantity": 1}], "occurred_at": "2026-11-27T01:00:00.5+01:00"}]'
    ) #>> '{0,success}', 'true', 'a point in time is one'
);
select inventory.queue_transaction('ss-a', '[{"sku": "ss-1", "quantity": 1}]', 'ss-q' || n, 'till', n, actor => 'ana', occurred_at => '2026-11-27T00:00:00Z') from generate_series(1, 3) as n;
select is(inventory.sync_all_pending('ss-a') ->> 'synced', '3', 'and what was queued is synced');
select is(
    (select string_agg(status, ' ') from inventory.offline_transaction_queue where transaction_id like 'ss-q%'), 'synced synced synced', 'all of it'
);
-- Of the position's own text only: a colon is no dot.
select throws_ok($$ select * from inventory.feed_after(replace(inventory.position(), '.', ':')) $$, 'SD001', null, 'what is no position is none');

select throws_ok($$ insert into inventory.stores (code, name, time_zone) values ('ss-z', 'Z', 'IST') $$, '23514', null, 'an abbreviation is no time zone');

select * from finish();
rollback;
