-- Idempotency keys and transaction ids in one session; tests/system/engine has several at once.
begin;
select no_plan();

select test.store('key-a'), test.store('key-b'), test.product('key-1');
create function pg_temp.sell(in_quantity numeric, in_key text, in_transaction text default null, in_reference text default null, in_store text default 'key-a')
returns jsonb language sql as $$
    select inventory.record_sale(
        in_store, jsonb_build_array(jsonb_build_object('sku', 'key-1', 'quantity', in_quantity)), reference => in_reference,
        idempotency_key => in_key, transaction_id => in_transaction, correlation_id => gen_random_uuid()::text
    )
$$;
create function pg_temp.short(in_answer jsonb) returns text language sql as $$
    select format('%s %s %s', in_answer ->> 'success', in_answer ->> 'replayed', coalesce(in_answer #>> '{errors,0,message}', in_answer ->> 'message'))
$$;
select inventory.receive_purchase('key-a', '[{"sku": "key-1", "quantity": 10}]'), inventory.receive_purchase('key-b', '[{"sku": "key-1", "quantity": 10}]');

select pg_temp.sell(2, 'k1') as first \gset
select is(pg_temp.sell(2, 'k1') - 'replayed' - 'message', :'first'::jsonb - 'replayed', 'T7: the same request again gets the stored answer');
select is(pg_temp.short(pg_temp.sell(2.0, 'k1')), 'true true Request already processed (idempotency)', 'T7: which says that it is one; 2.0 is 2');
select is(test.stock('key-a', 'key-1'), 'on_hand 8 reserved 0 version 2', 'T7: and has one effect');
select is(
    pg_temp.short(pg_temp.sell(3, 'k1', null, 'R 1')), 'false false idempotency_key "k1" was used for another request: lines[1].quantity, reference',
    'T7: another request under the same key is refused and names the fields'
);
select is(pg_temp.sell(3, 'k1') #> '{errors,0,fields}', '["lines[1].quantity"]', 'in fields too');
select is(pg_temp.sell(3, 'k1') #>> '{errors,0,code}', 'idempotency_conflict', 'with its code');
select is(pg_temp.short(pg_temp.sell(2, 'k1')), 'true true Request already processed (idempotency)', 'and the key stays what it was');
select is(
    pg_temp.short(inventory.adjust_stock('key-a', '[{"sku": "key-1", "quantity": 1}]', 'r', idempotency_key => 'k1')), 'true false ',
    'another operation has keys of its own'
);
select is(pg_temp.short(pg_temp.sell(2, 'k1', in_store => 'key-b')), 'true false ', 'so has another store');

select is(pg_temp.short(pg_temp.sell(99, 'k2')), 'false false Insufficient stock of key-1 in key-a: Need 99, Have 9 (Short: 90)', 'a refusal');
select is((select count(*) from inventory.inventory_deduction_idempotency where idempotency_key = 'k2'), 0::bigint, 'is not kept under the key');
select inventory.receive_purchase('key-a', '[{"sku": "key-1", "quantity": 100}]');
select is(pg_temp.short(pg_temp.sell(99, 'k2')), 'true false ', 'so that a retry runs again');

savepoint undone;
select pg_temp.sell(1, 'k3');
rollback to undone;
select is(pg_temp.short(pg_temp.sell(1, 'k3')), 'true false ', 'T7: after a rollback the request executes');
select throws_ok($$ select pg_temp.sell(-1, 'k4') $$, '22023', null, 'a wrong argument');
select is(pg_temp.short(pg_temp.sell(1, 'k4')), 'true false ', 'leaves no key either');

-- A till's own id
select is(pg_temp.short(pg_temp.sell(1, null, 't1')), 'true false ', 'a sale with a transaction id');
select is(pg_temp.short(pg_temp.sell(1, null, 't1')), 'true true Request already processed (idempotency)', 'T8: uploaded again it is the same sale');
select is(pg_temp.short(pg_temp.sell(1, 'k5', 't1')), 'true true Request already processed (idempotency)', 'T8: also under a new key');
select is((select count(*) from inventory.inventory_deduction_idempotency where idempotency_key = 'k5'), 0::bigint, 'which is then not used up');
select is(
    pg_temp.short(pg_temp.sell(2, 'k5', 't1')), 'false false transaction_id "t1" was used for another request: lines[1].quantity',
    'another sale under the same transaction id is refused'
);
select is(
    pg_temp.short(pg_temp.sell(1, 'k6', 't2')) || ', ' || pg_temp.short(pg_temp.sell(1, 'k6', 't3')),
    'true false , false false idempotency_key "k6" was used for another request: transaction_id', 'a key belongs to one transaction id'
);
select is(pg_temp.short(pg_temp.sell(1, 'k6', 't2')), 'true true Request already processed (idempotency)', 'both again are the same request');
select is(pg_temp.short(pg_temp.sell(1, null, 't1', in_store => 'key-b')), 'true false ', 'another store has transaction ids of its own');
select is_empty(
    $$ select * from inventory.inventory_deduction_idempotency where result is null or request is null $$, 'every key has its request and answer'
);

-- Times are compared as times, not as a session writes them
set local timezone = 'UTC';
select inventory.record_sale('key-a', '[{"sku": "key-1", "quantity": 1}]', occurred_at => '2026-01-01 12:00+00', idempotency_key => 'k7');
set local timezone = 'Asia/Tokyo';
select is(
    pg_temp.short(inventory.record_sale('key-a', '[{"quantity": 1, "sku": "key-1", "unit": null}]', occurred_at => '2026-01-01 21:00+09', idempotency_key => 'k7')),
    'true true Request already processed (idempotency)', 'a request is the same whatever the time zone, the order of fields and nulls'
);
set local timezone = 'UTC';

-- Which fields differ
select is(inventory._differing_fields(o.one, o.other), o.fields::text[], 'fields that differ: ' || o.fields)
from (values
    ('{}'::jsonb, '{}'::jsonb, '{}'),
    ('{"a": 1, "b": 2}', '{"a": 1.0, "b": 3}', '{b}'),
    ('{"a": 1}', '{"b": 1}', '{a,b}'),
    ('{"lines": [{"q": 1}, {"q": 2}]}', '{"lines": [{"q": 1}, {"q": 3, "u": "x"}]}', '{lines[2].q,lines[2].u}'),
    ('{"lines": [1]}', '{"lines": [1, 2]}', '{lines[2]}'),
    ('{"lines": [1]}', '{"lines": {"a": 1}}', '{lines}')
) as o (one, other, fields);
select is(
    cardinality(inventory._differing_fields(
        (select jsonb_object_agg('f' || n, n) from generate_series(1, 100) as n), (select jsonb_object_agg('g' || n, n) from generate_series(1, 100) as n)
    )), 20, 'at most twenty are named'
);

-- A batch claims its keys at once
select results_eq(
    $$ select place, is_claimed, result is null from inventory._claim_keys(
           array[1, 1, 1, 1]::bigint[], array['record_sale', 'record_sale', 'transaction', 'record_sale'], array['z', 'a', 'z', 'z']
       ) $$,
    $$ values (1::bigint, true, true), (2, true, true), (3, true, true), (4, false, true) $$, 'a batch claims each key once, for the first that gives it'
);
select results_eq(
    format($$ select place, is_claimed, result ->> 'success' from inventory._claim_keys(
           array[%1$s, %1$s]::bigint[], array['record_sale', 'record_sale'], array['k1', 'new']
       ) $$, test.store('key-a')),
    $$ values (1::bigint, false, 'true'), (2, true, null) $$, 'and finds the answers of those that were used'
);
delete from inventory.inventory_deduction_idempotency where result is null;
select inventory._claim_keys(array[7, 7, 7]::bigint[], array['x', 'x', 'x'], array['a', 'b', 'c']);
select inventory._store_answers(
    array[7, 7, 7]::bigint[], array['x', 'x', 'x'], array['a', 'b', 'c'], array['{"a": 1}', '{"b": 1}', '{"c": 1}']::jsonb[],
    array['{"success": true}', '{"success": false}', null]::jsonb[]
);
select results_eq(
    $$ select idempotency_key collate "default", request, result from inventory.inventory_deduction_idempotency where store_id = 7 $$,
    $$ values ('a', '{"a": 1}'::jsonb, '{"success": true}'::jsonb) $$, 'the answers of a batch are stored, and refused keys given back'
);

-- Pruning
update inventory.inventory_deduction_idempotency set created_at = now() - interval '31 days' where idempotency_key in ('k1', 'k2', 't1');
update inventory.inventory_deduction_idempotency set created_at = now() - interval '29 days' where idempotency_key = 'k3';
select count(*) as keys from inventory.inventory_deduction_idempotency \gset
insert into inventory.operation_refusals (store_id, operation, code, errors, actor, recorded_at)
select 0, 'x', 'old', '[]', 'x', now() - interval '31 days';
select is(inventory.prune_idempotency_keys(2), 2::bigint, 'keys go by bounded numbers');
select is(inventory.prune_idempotency_keys(100) > 0, true, 'until none is left that is older than the offline window');
select is(inventory.prune_idempotency_keys(100), 0::bigint, 'none that is younger, and what stays is gone through once');
select is(
    (select count(*) filter (where idempotency_key in ('k1', 'k2', 't1')) || ' ' || count(*) filter (where idempotency_key = 'k3') from inventory.inventory_deduction_idempotency),
    '2 1', 'those of the offline window stay, and transaction ids'
);
select is(pg_temp.short(pg_temp.sell(1, null, 't1')), 'true true Request already processed (idempotency)', 'T8: a sale is done once by its transaction id, however old it is');
select is(
    (inventory.run_health_check('key-a') -> 'checks') @> '[{"name": "Idempotency table", "status": "healthy"}]', true, 'which is no sign that nobody prunes'
);
select is((select count(*) from inventory.operation_refusals where code = 'old'), 0::bigint, 'old refusals go with them');
select is((select count(*) > 0 from inventory.operation_refusals), true, 'younger ones stay');
insert into inventory.operation_refusals (refusal_id, store_id, operation, code, errors, actor, recorded_at) overriding system value
select -n, 0, 'x', 'old', '[]', 'x', now() - interval '31 days' from generate_series(1, 5) as n;
select is(
    inventory.prune_idempotency_keys(3) || ' ' || inventory.prune_idempotency_keys(3) || ' ' || inventory.prune_idempotency_keys(3), '3 2 0',
    'refusals go by bounded numbers, and whether some are left is said where there are no keys'
);
update inventory.settings set value = '28' where name = 'offline_window_days';
select is(inventory.prune_idempotency_keys(), 1::bigint, 'the window is a setting');
select throws_ok($$ update inventory.settings set value = '0' where name = 'offline_window_days' $$, '23514', null, 'of at least a day');
select throws_ok($$ select inventory.prune_idempotency_keys(0) $$, '22023', null, 'a limit is a number');
select throws_ok($$ select inventory.prune_idempotency_keys(100001) $$, '22023', null, 'of at most 100 000');

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
