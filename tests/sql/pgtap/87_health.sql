-- Watching: the checks of run_health_check(), each made a warning and critical, and the metrics.
begin;
select no_plan();

select test.store('hl-a'), test.store('hl-b'), test.product('hl-1'), test.product('hl-2'), test.product('hl-3');

create function pg_temp.check_of(in_name text, in_store text default 'hl-a') returns text language sql as $$
    select c ->> 'status' from jsonb_array_elements(inventory.run_health_check(in_store) -> 'checks') as c where c ->> 'name' = in_name
$$;
create function pg_temp.message_of(in_name text) returns text language sql as $$
    select c ->> 'message' from jsonb_array_elements(inventory.run_health_check('hl-a') -> 'checks') as c where c ->> 'name' = in_name
$$;
create function pg_temp.as_engine(in_sql text) returns void language plpgsql as $$
begin
    set local role inventory_engine;
    execute in_sql;
    reset role;
end
$$;
create function pg_temp.refuse(in_times integer) returns void language sql as $$
    select inventory.record_sale('hl-a', '[{"sku": "hl-1", "quantity": 1000000}]') from generate_series(1, in_times)
$$;
create function pg_temp.sell(in_times integer) returns void language sql as $$
    select inventory.must(inventory.record_sale('hl-a', '[{"sku": "hl-1", "quantity": 1}]')) from generate_series(1, in_times)
$$;

-- A healthy store
select inventory.receive_purchase('hl-a', '[{"sku": "hl-1", "quantity": 1000}, {"sku": "hl-2", "quantity": 1000}]', idempotency_key => 'k');
select is(inventory.run_health_check('hl-a') ->> 'status', 'healthy', 'a store in which all is well is healthy');
select results_eq(
    $$ select c ->> 'name', c ->> 'status' from jsonb_array_elements(inventory.run_health_check('hl-a') -> 'checks') as c $$,
    $$ values ('Version column status', 'healthy'), ('Idempotency table', 'healthy'), ('Conversion mappings', 'healthy'), ('Cross-store prevention', 'healthy'),
        ('Compensation log', 'healthy'), ('Recent success rate', 'healthy'), ('Offline queue', 'healthy') $$,
    'by six checks, and one of the offline queue'
);
select is((select count(*) from jsonb_array_elements(inventory.run_health_check('hl-a') -> 'checks') as c where c ->> 'threshold' <> '' and c ->> 'message' <> ''), 7::bigint, 'each says by which threshold');
select throws_ok('select inventory.run_health_check(''hl-x'')', 'SD006', null, 'an unknown store raises');
select throws_ok('select inventory.run_health_check(null)', '22004', null, 'as does none');

-- Version column status
savepoint here;
alter table inventory.inventory_stock disable trigger before_10_update;
select is(pg_temp.check_of('Version column status'), 'critical', 'versions: a trigger that is disabled is critical');
select is(pg_temp.message_of('Version column status'), 'Changes of stock may go unrecorded: inventory_stock_before_update is missing or disabled.', 'and named');
select is(inventory.run_health_check('hl-a') ->> 'status', 'critical', 'the whole is as its worst check');
rollback to here;
drop trigger after_10_insert on inventory.stock_ledger;
select is(pg_temp.check_of('Version column status'), 'critical', 'versions: so is one that is gone');
rollback to here;
select pg_temp.as_engine(format('update inventory.inventory_stock set version = version + 1 where store_id = %s', test.store('hl-a')));
select is(pg_temp.check_of('Version column status'), 'healthy', 'versions: what nobody has looked at is not known');
select inventory.verify('hl-a');
select is(pg_temp.check_of('Version column status'), 'critical', 'versions: what verify() found is critical');
select is(pg_temp.check_of('Version column status', 'hl-b'), 'healthy', 'versions: in its store');
select inventory.repair(f.finding_id) from inventory.stock_findings as f where f.store_id = test.store('hl-a');
select is(pg_temp.check_of('Version column status'), 'healthy', 'versions: until it is repaired');
update inventory.stock_verifications set completed_at = now() - interval '8 days' where store_id = test.store('hl-a');
select is(pg_temp.check_of('Version column status'), 'warning', 'versions: nobody has looked for a week');
rollback to here;

-- Idempotency table
insert into inventory.inventory_deduction_idempotency (store_id, scope, idempotency_key, created_at) values (test.store('hl-a'), 'record_sale', 'x', now());
select is(pg_temp.check_of('Idempotency table'), 'healthy', 'keys: one that is just at work is well');
update inventory.inventory_deduction_idempotency set created_at = now() - interval '2 minutes' where idempotency_key = 'x';
select is(pg_temp.check_of('Idempotency table'), 'critical', 'keys: one without an answer is critical');
select is(pg_temp.check_of('Idempotency table', 'hl-b'), 'healthy', 'keys: in its store');
rollback to here;
alter table inventory.inventory_deduction_idempotency drop constraint inventory_deduction_idempotency_pk;
select is(pg_temp.check_of('Idempotency table'), 'critical', 'keys: without their index they are critical');
rollback to here;
update inventory.inventory_deduction_idempotency set created_at = now() - interval '61 days' where idempotency_key = 'k';
select is(pg_temp.check_of('Idempotency table'), 'warning', 'keys: nobody prunes them');
rollback to here;

-- Conversion mappings
select inventory.set_recipe('hl-3', '[{"name": "hl-dough", "quantity": 1, "unit": "piece"}, {"name": "hl-salt", "quantity": 1, "unit": "gram"}]');
select is(pg_temp.check_of('Conversion mappings'), 'healthy', 'mappings: a store that sells nothing by recipe needs none');
select inventory.set_conversion_mapping('hl-a', 'hl-dough', 'piece', 'hl-1', 1);
select is(pg_temp.check_of('Conversion mappings'), 'warning', 'mappings: a store that has some lacks one');
select inventory.deduct_inventory_atomic('hl-a', '[{"sku": "hl-3", "quantity": 1}]', 'hl-t1');
select is(pg_temp.message_of('Conversion mappings'), 'Refused in the last day for want of a mapping: hl-salt (gram).', 'mappings: somebody wanted to sell it');
select is(pg_temp.check_of('Conversion mappings'), 'critical', 'mappings: which is critical');
select is(pg_temp.check_of('Conversion mappings', 'hl-b'), 'healthy', 'mappings: in its store');
select inventory.set_conversion_mapping('hl-a', 'hl-salt', 'gram', 'hl-2', 1);
select is((inventory.run_health_check('hl-a') #> '{checks,2,figures}') ->> 'unmapped', (inventory.run_health_check('hl-b') #> '{checks,2,figures}' ->> 'unmapped')::bigint - 2 || '', 'mappings: of its own store count');
select is(pg_temp.check_of('Conversion mappings') <> 'critical', true, 'mappings: until it is mapped');
update inventory.recipes set yields = 1;
delete from inventory.recipes where product_id <> test.product('hl-3');
select is(pg_temp.check_of('Conversion mappings'), 'healthy', 'mappings: all are there');
select inventory.delete_product('hl-2');
select is(pg_temp.check_of('Conversion mappings'), 'warning', 'mappings: one takes from a product that was deleted');
rollback to here;

-- Cross-store prevention
select inventory.set_conversion_mapping('hl-a', 'hl-dough', 'piece', 'hl-3', 1);
select is(pg_temp.check_of('Cross-store prevention'), 'warning', 'stores: a mapping to what the store has no stock row of');
rollback to here;
select inventory.reserve_stock('hl-o', 'hl-a', '[{"sku": "hl-1", "quantity": 1}]', '1 hour');
update inventory.stock_reservations set store_id = test.store('hl-b') where order_code = 'hl-o';
select is(pg_temp.check_of('Cross-store prevention'), 'critical', 'stores: a hold of another store''s order is critical');
rollback to here;
select inventory.deduct_inventory_atomic('hl-a', '[{"sku": "hl-1", "quantity": 1}]', 'hl-t2'), inventory.compensate_deduction('hl-t2');
select is(pg_temp.check_of('Cross-store prevention'), 'healthy', 'stores: what is given back is its own store''s');
savepoint deducted;
update inventory.inventory_deductions set store_id = test.store('hl-b') where transaction_id = 'hl-t2';
select is(pg_temp.check_of('Cross-store prevention') || pg_temp.check_of('Cross-store prevention', 'hl-b'), 'criticalcritical', 'stores: so is a deduction of two stores, in both');
rollback to deducted;
update inventory.inventory_compensation_log set store_id = test.store('hl-b') where transaction_id = 'hl-t2';
select is(pg_temp.check_of('Cross-store prevention', 'hl-b'), 'critical', 'stores: so is a compensation');
rollback to here;
select pg_temp.sell(1);
select pg_temp.as_engine(format('update inventory.stock_ledger set store_id = %s where kind = ''sale'' and store_id = %s', test.store('hl-b'), test.store('hl-a')));
select is(pg_temp.check_of('Cross-store prevention'), 'critical', 'stores: so is a sale whose movement is another store''s');
rollback to here;
alter table inventory.conversion_mappings drop constraint conversion_mappings_pk, add constraint conversion_mappings_pk primary key (recipe_ingredient_name, recipe_ingredient_unit, store_id);
select is(pg_temp.check_of('Cross-store prevention'), 'critical', 'stores: so is a key that does not begin with the store');
rollback to here;

-- Compensation log
select inventory.deduct_inventory_atomic('hl-a', '[{"sku": "hl-1", "quantity": 3}]', 'hl-c' || n) from generate_series(1, 10) as n;
select inventory.compensate_deduction('hl-c1');
select is(pg_temp.check_of('Compensation log'), 'healthy', 'compensations: one of ten is well');
savepoint compensated;
select inventory.compensate_deduction('hl-c2', '[{"line": 1, "quantity": 1}]', idempotency_key => 'p1'), inventory.compensate_deduction('hl-c2', '[{"line": 1, "quantity": 2}]', idempotency_key => 'p2');
select is(pg_temp.check_of('Compensation log'), 'warning', 'compensations: two of ten are a warning');
rollback to compensated;
update inventory.inventory_compensation_log set numerator = 4 where transaction_id = 'hl-c1';
select is(pg_temp.check_of('Compensation log'), 'critical', 'compensations: more than was taken is critical');
rollback to compensated;
delete from inventory.inventory_deduction_parts where document_id in (select document_id from inventory.inventory_deductions where transaction_id = 'hl-c1');
select is(pg_temp.check_of('Compensation log'), 'critical', 'compensations: so is what was never taken');
rollback to compensated;
delete from inventory.inventory_compensation_log where transaction_id = 'hl-c1';
select is(pg_temp.check_of('Compensation log'), 'critical', 'compensations: so is one that is not logged');
select is(pg_temp.check_of('Compensation log', 'hl-b'), 'healthy', 'compensations: in its store');
rollback to here;

-- Recent success rate, and the metrics
select pg_temp.refuse(9);
select is(pg_temp.check_of('Recent success rate'), 'healthy', 'success: nine are too few to tell');
select pg_temp.refuse(1);
select is(pg_temp.check_of('Recent success rate'), 'critical', 'success: ten of ten refused are critical');
select pg_temp.sell(40);
select is(pg_temp.check_of('Recent success rate'), 'critical', 'success: critical from 20 %');
select pg_temp.sell(1);
select is(pg_temp.check_of('Recent success rate'), 'warning', 'success: a warning below');
select is(pg_temp.message_of('Recent success rate'), '10 of 51 deductions of the last day were refused: 19.61 %.', 'success: in words');
select pg_temp.sell(149);
select is(pg_temp.check_of('Recent success rate'), 'warning', 'success: a warning from 5 %');
select pg_temp.sell(1);
select is(pg_temp.check_of('Recent success rate'), 'healthy', 'success: healthy below');
select inventory.record_sale('hl-a', '[{"sku": "hl-1", "quantity": 1}]', idempotency_key => 'm') from generate_series(1, 3);
select inventory.deduct_inventory_atomic('hl-a', '[{"sku": "hl-1", "quantity": 1}]', 'hl-m'), inventory.compensate_deduction('hl-m');
select inventory.deduct_inventory_many('[{"store": "hl-a", "transaction_id": "hl-m2", "lines": [{"sku": "hl-2", "quantity": 1}]}, {"store": "hl-a", "transaction_id": "hl-m3", "lines": [{"sku": "hl-2", "quantity": 100000}]}]');
select inventory.reserve_stock('hl-p', 'hl-a', '[{"sku": "hl-2", "quantity": 2}]', '1 hour'), inventory.process_order_stock_reduction('hl-p', 'hl-a');
select inventory.process_order_stock_reduction('hl-nobody', 'hl-a');
select inventory.return_sale('hl-a', '[{"sku": "hl-1", "quantity": 1}]'), inventory.set_stock('hl-a', '[{"sku": "hl-1", "quantity": 1, "expected_version": 1}]');
select is(
    inventory.get_deduction_metrics('hl-a') -> 'last_24h',
    '{"deductions": 207, "successful": 195, "failed": 12, "failure_rate": 5.80, "by_code": {"insufficient_stock": 11, "not_reserved": 1},
      "shortfalls": 0, "compensations": 1, "returns": 1}'::jsonb,
    'metrics: sales, deductions and paid orders, done and refused; replays and other operations are not counted'
);
select is((inventory.get_deduction_metrics('hl-a') -> 'kept') - 'since', inventory.get_deduction_metrics('hl-a') -> 'last_24h', 'metrics: and since refusals are kept');
update inventory.stock_documents set recorded_at = now() - interval '25 hours' where store_id = test.store('hl-a') and kind = 'sale';
update inventory.operation_refusals set recorded_at = now() - interval '25 hours' where store_id = test.store('hl-a') and code = 'insufficient_stock';
select is(
    (select string_agg(m.value ->> 'deductions' || '/' || (m.value ->> 'failure_rate'), ' ' order by m.key)
    from jsonb_each(inventory.get_deduction_metrics('hl-a')) as m where m.key in ('kept', 'last_24h')), '207/5.80 3/33.33', 'metrics: the last day is the last 24 hours'
);
select is(inventory.get_deduction_metrics('hl-b') #>> '{last_24h,failure_rate}', '0', 'metrics: of nothing nothing fails');
select throws_ok('select inventory.get_deduction_metrics(''hl-x'')', 'SD006', null, 'an unknown store raises');
rollback to here;

-- Offline queue: a table that may not be there.
select is(pg_temp.message_of('Offline queue') in ('There is no offline queue in this database.', 'Nothing waits for long.'), true, 'queue: none, or nothing in it');

-- A table of the columns that the check reads, whether there is a queue or not.
set local client_min_messages = warning;
alter table if exists inventory.offline_transaction_queue rename to hl_real_queue;
create table inventory.offline_transaction_queue (store_id bigint, status text, queued_at timestamptz);
grant select on inventory.offline_transaction_queue to inventory_engine;
insert into inventory.offline_transaction_queue values (test.store('hl-a'), 'synced', now() - interval '2 days'), (test.store('hl-b'), 'pending', now() - interval '2 days');
select is(pg_temp.check_of('Offline queue') || pg_temp.check_of('Offline queue', 'hl-b'), 'healthycritical', 'queue: what has waited for a day is critical, in its store');
insert into inventory.offline_transaction_queue values (test.store('hl-a'), 'pending', now());
select is(pg_temp.check_of('Offline queue'), 'healthy', 'queue: what has just come is well');
update inventory.offline_transaction_queue set queued_at = now() - interval '16 minutes' where store_id = test.store('hl-a') and status = 'pending';
select is(pg_temp.check_of('Offline queue'), 'warning', 'queue: what has waited for 15 minutes is a warning');
update inventory.offline_transaction_queue set status = 'insufficient_stock', queued_at = now() where store_id = test.store('hl-a') and status = 'pending';
select is(pg_temp.check_of('Offline queue'), 'warning', 'queue: so is what waits for people');

select * from finish();
rollback;
