-- Lots: which one goes first, what each unit costs, and that whatever moves stock moves lots. Random sequences of all of it, against a
-- first-in-first-out of its own, are in tests/system/engine/test_lots.py.
-- An older snapshot could miss stock rows.
begin isolation level repeatable read;
create temporary table lot_refused (code text) on commit preserve rows;
select test.product('lot-9');
do $$
begin
    perform inventory.set_lot_policy('lot-9', 'fifo');
exception when others then
    insert into lot_refused values (sqlstate);
end
$$;
commit;
delete from inventory.products where sku = 'lot-9';

begin;
select no_plan();
select is((select code from lot_refused), 'SD008', 'a policy is set in READ COMMITTED');

select test.store('lot-a') as a, test.store('lot-b') as b \gset
select test.product('lot-1') as p1, test.product('lot-2') as p2, test.product('lot-3') as p3, test.product('lot-4') as p4 \gset
create function pg_temp.answer(in_sql text) returns text language plpgsql as $$
declare
    v_answer jsonb;
begin
    execute in_sql into v_answer;
    return coalesce(v_answer -> 'errors' -> 0 ->> 'message', v_answer ->> 'success');
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
create function pg_temp.receive(in_sku text, in_quantity bigint, in_cost numeric, in_lot text, in_days integer default null) returns text
language sql as $$
    select pg_temp.answer(format('select inventory.receive_purchase(''lot-a'', %L)', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'sku', in_sku, 'quantity', in_quantity, 'unit_cost', in_cost, 'lot', in_lot, 'expires_on', current_date + in_days
    )))))
$$;
create function pg_temp.sell(in_sku text, in_quantity numeric, in_reference text default null, in_lot text default null) returns text
language sql as $$
    select pg_temp.answer(format('select inventory.record_sale(''lot-a'', %L, %L)', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'sku', in_sku, 'quantity', in_quantity, 'lot', in_lot
    ))), in_reference))
$$;
-- What a movement was worth.
create function pg_temp.cost(in_product_id bigint, in_version bigint) returns numeric language sql as $$
    select trim_scale(sum(e.value)) from inventory.stock_lot_entries as e where e.product_id = in_product_id and e.version = in_version
$$;

-- By choice
select is(pg_temp.receive('lot-4', 3, 5, 'X'), 'true', 'a product without a policy takes a lot''s name');
select is(test.lots('lot-a', 'lot-4'), null, 'and keeps no lots');
select is(pg_temp.sell('lot-4', 1, null, 'Y'), 'true', 'and sells from a lot of any name, which is a remark there');
select is(inventory.set_lot_policy('lot-1', 'fifo'), 0::bigint, 'a product is to keep lots');
select is(inventory.set_lot_policy('lot-2', 'fefo', actor => 'ana'), 0::bigint, 'another one by expiry');
select results_eq(
    'select product_id, policy, actor = ''ana'' from inventory.lot_policies order by 1',
    format('values (%s::bigint, ''fifo'', false), (%s, ''fefo'', true)', :p1, :p2), 'who said so is known'
);
select is(pg_temp.answer('select to_jsonb(inventory.set_lot_policy(''lot-1'', ''lifo''))'), '22023 a lot policy cannot be "lifo"', 'there are two');
select is(pg_temp.answer('select to_jsonb(inventory.set_lot_policy(''lot-x'', ''fifo''))'), 'SD006 no product has the sku "lot-x"', 'of a product');
select is(pg_temp.answer('select to_jsonb(inventory.set_lot_policy(''lot-1'', ''fifo'', -1))'), '22023 unit_cost cannot be -1', 'a cost is from 0');
select is(pg_temp.answer('select to_jsonb(inventory.set_lot_policy(''lot-1'', ''fifo'', ''NaN''))'), '22023 unit_cost cannot be NaN', 'and a number');

-- First in, first out
select pg_temp.receive('lot-1', 3, 10, 'A'), pg_temp.receive('lot-1', 3, 3.333333, 'B');
select is(test.lots('lot-a', 'lot-1'), 'A 3 at 30, B 3 at 9.999999', 'each receipt is a lot');
select is(pg_temp.sell('lot-1', 4, 'R1'), 'true', 'a sale takes from the first, then from the next');
select is(test.lots('lot-a', 'lot-1'), 'B 2 at 6.666666', 'and leaves the rest of that');
select is(pg_temp.cost(:p1, 3), -33.333333, 'what was sold cost what it cost');
select is(pg_temp.sell('lot-1', 3), 'Insufficient stock of lot-1 in lot-a: Need 3, Have 2 (Short: 1)', 'no more than there is');
select is(test.lots('lot-a', 'lot-1'), 'B 2 at 6.666666', 'a refusal takes nothing');
select pg_temp.receive('lot-1', 3, 10, null), pg_temp.receive('lot-1', 1, 10, null), pg_temp.receive('lot-1', 1, 10.000001, null);
select is(test.lots('lot-a', 'lot-1'), 'B 2 at 6.666666, - 4 at 40, - 1 at 10.000001', 'receipts at the same cost are one lot, a millionth more is another');
select is(inventory.receive_purchase('lot-a', '[{"sku": "lot-1", "quantity": 3, "unit_cost": 1}, {"sku": "lot-1", "quantity": 1, "unit_cost": 0.5}]') ->> 'success', 'true', 'lots that do not divide');
select is(inventory.add_lot_cost('lot-a', (select max(lot_id) - 1 from inventory.stock_lots), 7) ->> 'success', 'true', 'a cost that came later');
select is(test.lots('lot-a', 'lot-1'), 'B 2 at 6.666666, - 4 at 40, - 1 at 10.000001, - 3 at 10, - 1 at 0.5', 'is in its lot');
select pg_temp.sell('lot-1', 8), pg_temp.sell('lot-1', 1);
select is(test.lots('lot-a', 'lot-1'), '- 1 at 3.333333, - 1 at 0.5', 'units of ten thirds');
select pg_temp.sell('lot-1', 1);
select is(
    (select array_agg(trim_scale(e.value) order by e.entry_id) from (select * from inventory.stock_lot_entries where product_id = :p1 order by entry_id desc limit 3) as e),
    array[-3.333333, -3.333334, -3.333333], 'the units cost ten together, whoever takes how many: the residue is in one of them'
) ;
select is(inventory.add_lot_cost('lot-a', (select max(lot_id) - 1 from inventory.stock_lots), 0.5) #>> '{remaining}', '0.000000', 'a cost that comes when all of it is gone');
select is(test.lots('lot-a', 'lot-1'), '- 1 at 0.5', 'changes nothing that is left');
select results_eq(
    $$ select kind, trim_scale(value) from inventory.stock_lot_entries order by entry_id desc limit 2 $$,
    $$ values ('cost_taken', -0.5), ('cost', 0.5) $$, 'and corrects what was sold'
);
select is(pg_temp.answer('select inventory.add_lot_cost(''lot-a'', (select max(lot_id) from inventory.stock_lots), -0.6)') ~ '^22023 lot \d+ cost 0.500000, which leaves nothing to take 0.6 from$', true, 'no lot costs less than nothing');
select is(pg_temp.answer('select inventory.add_lot_cost(''lot-b'', (select max(lot_id) from inventory.stock_lots), 1)') ~ '^SD006 no lot of lot-b has the id \d+$', true, 'a lot of another store is none');
select is(pg_temp.answer('select inventory.add_lot_cost(''lot-a'', 1, 0)'), '22023 an amount cannot be 0', 'an amount is not 0');
select is(pg_temp.answer('select inventory.add_lot_cost(''lot-a'', 1, null)'), '22023 an amount cannot be null', 'nor nothing');
select inventory.add_lot_cost('lot-a', (select max(lot_id) from inventory.stock_lots), 0.25, idempotency_key => 'k');
select is(inventory.add_lot_cost('lot-a', (select max(lot_id) from inventory.stock_lots), 0.25, idempotency_key => 'k') ->> 'replayed', 'true', 'a cost is added once per key');
select is(test.lots('lot-a', 'lot-1'), '- 1 at 0.75', 'and so');

-- Returns and compensations
select is(inventory.return_sale('lot-a', '[{"sku": "lot-1", "quantity": 1}]', 'R1') ->> 'success', 'true', 'one comes back');
select is(test.lots('lot-a', 'lot-1'), 'A 1 at 10, - 1 at 0.75', 'to the lot that it came from and at its cost, before what came later');
select is(inventory.return_sale('lot-a', '[{"sku": "lot-1", "quantity": 3}]', 'R1') ->> 'success', 'true', 'and the others');
select is(test.lots('lot-a', 'lot-1'), 'A 3 at 30, B 1 at 3.333333, - 1 at 0.75', 'as they were before the sale');
select is(inventory.return_sale('lot-a', '[{"sku": "lot-1", "quantity": 1, "lot": "Z"}]') ->> 'success', 'true', 'one without a receipt');
select is(test.lots('lot-a', 'lot-1'), 'A 3 at 30, B 1 at 3.333333, - 1 at 0.75, Z 1 at 0.75', 'costs what came last');
select is(inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-1", "quantity": 5}]', 'lot-t1') ->> 'success', 'true', 'a deduction takes lots too');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75', 'the first ones');
select is(inventory.compensate_deduction('lot-t1', '[{"line": 1, "quantity": 2}]', idempotency_key => 'c1') ->> 'success', 'true', 'in part');
select is(test.lots('lot-a', 'lot-1'), 'A 2 at 20, Z 1 at 0.75', 'what was taken first is given back first');
select is(inventory.compensate_deduction('lot-t1') ->> 'success', 'true', 'the rest');
select is(test.lots('lot-a', 'lot-1'), 'A 3 at 30, B 1 at 3.333333, - 1 at 0.75, Z 1 at 0.75', 'exactly what was taken');
select is(jsonb_array_length(inventory.deduct_inventory_many('[
    {"store": "lot-a", "lines": [{"sku": "lot-1", "quantity": 3}], "transaction_id": "lot-t2"},
    {"store": "lot-a", "lines": [{"sku": "lot-1", "quantity": 9}], "transaction_id": "lot-t3"},
    {"store": "lot-a", "lines": [{"sku": "lot-1", "quantity": 2}], "transaction_id": "lot-t4"}]')), 3, 'many at once');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75', 'take in their order');

-- By name
select pg_temp.receive('lot-1', 2, 1, 'C'), pg_temp.receive('lot-1', 2, 2, 'D');
select is(pg_temp.sell('lot-1', 1, null, 'D'), 'true', 'a lot is asked for by its name');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75, C 2 at 2, D 1 at 2', 'and taken');
select is(pg_temp.sell('lot-1', 3, null, 'D'), 'Insufficient stock of lot-1 in lot-a, lot D: Need 3, Have 1 (Short: 2)', 'no more than it has, whatever others have');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75, C 2 at 2, D 1 at 2', 'and nothing is taken then');
select throws_ok($$ select inventory.must(inventory.record_sale('lot-a', '[{"sku": "lot-1", "quantity": 3, "lot": "D"}]')) $$, 'SD040', null, 'must() raises it');
savepoint of_two;
select pg_temp.receive('lot-1', 1, 2, 'D', 30);
select is(
    inventory.record_sale('lot-a', jsonb_build_array(jsonb_build_object('sku', 'lot-1', 'quantity', 1, 'lot', 'D', 'expires_on', current_date + 30))) ->> 'success',
    'true', 'of two lots with that name the one is sold that expires then'
);
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75, C 2 at 2, D 1 at 2', 'and no other');
select is(
    inventory.record_sale('lot-a', jsonb_build_array(jsonb_build_object('sku', 'lot-1', 'quantity', 1, 'lot', 'D', 'expires_on', current_date + 30))) #>> '{errors,0,message}',
    format('Insufficient stock of lot-1 in lot-a, lot D of %s: Need 1, Have 0 (Short: 1)', current_date + 30), 'whatever the other one has'
);
rollback to of_two;
select is(
    (inventory.record_sale('lot-a', '[{"sku": "lot-1", "quantity": 1, "lot": "D"}, {"sku": "lot-1", "quantity": 1, "lot": "D"}]') #> '{errors,0}') - array['message', 'detail', 'hint'],
    '{"code": "lot_short", "store": "lot-a", "sku": "lot-1", "lot": "D", "need": 1, "have": 0, "short": 1, "lines": [2]}', 'the second line finds nothing left'
);
select is(inventory.adjust_stock('lot-a', '[{"sku": "lot-1", "quantity": -1, "lot": "C"}, {"sku": "lot-1", "quantity": 1, "unit_cost": 4, "lot": "E"}]', 'recount') ->> 'success', 'true', 'an adjustment names lots and costs');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75, C 1 at 1, D 1 at 2, E 1 at 4', 'and moves those');

-- First expired, first out
select pg_temp.receive('lot-2', 2, 1, 'late', 9), pg_temp.receive('lot-2', 2, 2, 'never'), pg_temp.receive('lot-2', 2, 3, 'soon', 0), pg_temp.receive('lot-2', 2, 4, 'over', -1);
select is(test.lots('lot-a', 'lot-2'), 'over expired 2 at 8, soon 2 at 6, late 2 at 2, never 2 at 4', 'what expires first is first');
select is(pg_temp.sell('lot-2', 3), 'true', 'a sale');
select is(test.lots('lot-a', 'lot-2'), 'over expired 2 at 8, late 1 at 1, never 2 at 4', 'does not take what has expired; the last day counts');
select is(pg_temp.sell('lot-2', 4), 'Insufficient stock of lot-2 in lot-a: Need 4, Have 3 (Short: 1)', 'though there is more');
select is(pg_temp.sell('lot-2', 1, null, 'over'), 'Insufficient stock of lot-2 in lot-a, lot over: Need 1, Have 0 (Short: 1)', 'nor by its name');
select is(pg_temp.answer($$ select inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-2", "quantity": 4}]', 'lot-t5') $$) ~ 'Need 4, Have 3', true, 'neither is it deducted');
select is((inventory.deduct_inventory_many('[{"store": "lot-a", "lines": [{"sku": "lot-2", "quantity": 4}], "transaction_id": "lot-t6"}]') #>> '{0,errors,0,message}') ~ 'Need 4, Have 3', true, 'nor in a batch');
select is((inventory.validate_deduction('lot-a', '[{"sku": "lot-2", "quantity": 4}]') -> 'errors' -> 0 ->> 'message') ~ 'Need 4, Have 3', true, 'nor said to be there');
select is(pg_temp.answer($$ select inventory.reserve_stock('lot-o1', 'lot-a', '[{"sku": "lot-2", "quantity": 4}]') $$), 'Insufficient stock of lot-2 in lot-a: Need 4, Have 3 (Short: 1)', 'nor promised');
select is(pg_temp.answer($$ select inventory.reserve_stock('lot-o2', 'lot-a', '[{"sku": "lot-2", "quantity": 2}]') $$), 'true', 'what has not is');
select is(pg_temp.sell('lot-2', 2), 'Insufficient stock of lot-2 in lot-a: Need 2, Have 1 (Short: 1)', 'and not sold to others');
select is(inventory.process_order_stock_reduction('lot-o2', 'lot-a') ->> 'success', 'true', 'a paid order');
select is(test.lots('lot-a', 'lot-2'), 'over expired 2 at 8, never 1 at 2', 'takes by the policy');
select is(inventory.adjust_stock('lot-a', '[{"sku": "lot-2", "quantity": -1, "lot": "over"}]', 'expired') ->> 'success', 'true', 'what has expired is written off by its name');
update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = :a and product_id = :p2;
select is(test.lots('lot-a', 'lot-2'), 'over expired 1 at 4', 'a plain change takes what may be sold first');
update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = :a and product_id = :p2;
select is(test.lots('lot-a', 'lot-2'), null, 'and then what may not');
select pg_temp.receive('lot-2', 2, 1, 'late', 9), inventory.reserve_stock('lot-o3', 'lot-a', '[{"sku": "lot-2", "quantity": 2}]');
update inventory.stock_lots set expires_on = current_date - 1 where product_id = :p2 and is_open;
select is(inventory.process_order_stock_reduction('lot-o3', 'lot-a') #>> '{shortfall,0,quantity}', '2', 'what has expired while it was held is a shortfall');

-- What has expired is summed up once per stock row and look, whatever the number of lots, lines and requests: it is done under the row's
-- lock. Counted, not timed.
set local track_functions = 'all';
create function pg_temp.calls(in_function regprocedure, in_sql text) returns bigint language plpgsql as $$
declare
    v_before bigint := coalesce(pg_stat_get_xact_function_calls(in_function), 0);
begin
    execute in_sql;
    return coalesce(pg_stat_get_xact_function_calls(in_function), 0) - v_before;
end
$$;
select test.product('lot-5') as p5, inventory.set_lot_policy('lot-5', 'fefo') \gset
select inventory.receive_purchase('lot-a', (
    select jsonb_agg(jsonb_build_object('sku', 'lot-5', 'quantity', 2, 'unit_cost', n, 'expires_on', current_date - 20 + n)) from generate_series(1, 40) as n
)) \gset
select is(
    pg_temp.calls('inventory._store_day(bigint)', format('select inventory._expired_units(%s, %s)', :a, :p5)), 1::bigint,
    'the day is asked for once, not once per lot'
);
select is(
    pg_temp.calls('inventory._expired_units(bigint, bigint)', $$ select inventory.record_sale('lot-a', (
        select jsonb_agg('{"sku": "lot-5", "quantity": 1}'::jsonb) from generate_series(1, 5)
    )) $$), 1::bigint, 'what has expired is asked for once per stock row, not once per line'
);
select is(
    pg_temp.calls('inventory._expired_units(bigint, bigint)', $$ select inventory.deduct_inventory_many((
        select jsonb_agg(jsonb_build_object('store', 'lot-a', 'lines', '[{"sku": "lot-5", "quantity": 1}]'::jsonb, 'transaction_id', 'lot-m-' || n))
        from generate_series(1, 5) as n
    )) $$), 2::bigint, 'nor once per request: when it is decided, and when it is taken'
);
select is(test.lots('lot-a', 'lot-5') ~ 'expired 2 at 38, - 2 at 50', true, 'and all of them took what may be sold');
reset track_functions;

-- What does not divide
select test.product('lot-17') as p17 \gset
update inventory.products set pieces_per_pack = 3 where sku = 'lot-17';
select inventory.set_lot_policy('lot-17', 'fifo');
select inventory.must(inventory.receive_purchase('lot-a', '[{"sku": "lot-17", "quantity": 1, "unit": "pack", "unit_cost": 10}]')) \gset bought_
select is(test.lots('lot-a', 'lot-17'), '- 3 at 10', 'T17: three units cost ten together');
select pg_temp.sell('lot-17', 1), pg_temp.sell('lot-17', 1);
select is(test.lots('lot-a', 'lot-17'), '- 1 at 3.333333', 'T17: two are sold');
select pg_temp.sell('lot-17', 1);
select is((select sum(remaining_value) from inventory.stock_lots where product_id = :p17), 0::numeric, 'T17: with the last one nothing of the cost is left');
select pg_temp.receive('lot-17', 2, 1.00, null), pg_temp.receive('lot-17', 1, 1.01, null), pg_temp.sell('lot-17', 3);
select is(
    (select sum(remaining_value) || ' ' || sum(remaining_quantity) from inventory.stock_lots where product_id = :p17), '0.000000 0',
    'T17: two at 1.00 and one at 1.01 leave none either'
);
select is((select sum(value) from inventory.stock_lot_entries where product_id = :p17 and kind = 'taken'), -13.01, 'T17: they cost what was paid');

-- Below zero
update inventory.products set allow_negative = true where sku = 'lot-3';
select inventory.set_lot_policy('lot-3', 'fifo'), pg_temp.receive('lot-3', 2, 5, 'A');
select is(pg_temp.sell('lot-3', 5, 'R3'), 'true', 'what is not there is sold');
select is(test.lots('lot-a', 'lot-3'), '- owed -3 at -15', 'T18: and owed, at the last known cost');
select pg_temp.receive('lot-3', 1, 7, 'B');
select is(test.lots('lot-a', 'lot-3'), '- owed -2 at -10', 'what comes in settles it');
select is(pg_temp.cost(:p3, 3), 7 - 2::numeric, 'T18: with the correction of what was sold: the receipt, less two that it cost more');
select pg_temp.receive('lot-3', 4, 4, 'C');
select is(test.lots('lot-a', 'lot-3'), 'C 2 at 8', 'and what is left is in stock');
select is(pg_temp.cost(:p3, 4), 16 + 2::numeric, 'T18: a cheaper one corrects the other way');
select inventory.return_sale('lot-a', '[{"sku": "lot-3", "quantity": 5}]', 'R3');
select is(test.lots('lot-a', 'lot-3'), 'A 2 at 10, C 2 at 8, - 3 at 15', 'what was sold below zero comes back at the cost of the sale');

-- Plain SQL
select results_eq(
    format('select kind, version, quantity, trim_scale(value) from inventory.stock_lot_entries where product_id = %s order by entry_id limit 1', :p1),
    $$ values ('received', 1::bigint, 3::bigint, 30::numeric) $$, 'entries name the version of their movement'
);
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:b, :p1, 4), (:b, :p4, 4);
select is(test.lots('lot-b', 'lot-1'), '- 4 at 0', 'an INSERT is a lot, of unknown cost');
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = :b;
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (:b, :p1, 'purchase', 2), (:b, :p4, 'purchase', 2), (:b, :p1, 'sale', -3);
select is(test.lots('lot-b', 'lot-1'), '- 4 at 0', 'UPDATE and INSERT into the ledger move lots');
select results_eq(
    format('select version, quantity from inventory.stock_lot_entries where store_id = %s order by entry_id', :b),
    'values (1::bigint, 4::bigint), (2, 1), (3, 2), (4, -3)', 'each movement has its entry'
);
set local inventory.reason = 'counted';
update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = :b;
reset inventory.reason;
select is(test.lots('lot-b', 'lot-1'), '- 3 at 0', 'also with a reason');
update inventory.inventory_stock set product_id = :p2 where store_id = :b and product_id = :p1;
select is(coalesce(test.lots('lot-b', 'lot-1'), '') || ' / ' || test.lots('lot-b', 'lot-2'), ' / - 3 at 0', 'a changed key takes its units along');
update inventory.inventory_stock set product_id = :p1 where store_id = :b and product_id = :p4;
select is(test.lots('lot-b', 'lot-1'), '- 6 at 0', 'also from where no lots are kept');
delete from inventory.inventory_stock where store_id = :b and product_id = :p1;
select is(test.lots('lot-b', 'lot-1'), null, 'DELETE takes all');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:b, :p1, 2);
select is(test.lots('lot-b', 'lot-1'), '- 2 at 0', 'and what is made again begins anew');
select is_empty('select test.lot_contradictions()', 'lots and stock rows agree');
savepoint whole;
delete from inventory.inventory_stock where reserved <> 0;
truncate inventory.inventory_stock;
select is((select sum(remaining_quantity) from inventory.stock_lots), 0::numeric, 'TRUNCATE takes all of all');
select is_empty('select test.lot_contradictions()', 'and leaves entries');
rollback to whole;
select is(inventory.set_stock('lot-b', '[{"sku": "lot-1", "quantity": 5}]') ->> 'success', 'true', 'a count');
select is(test.lots('lot-b', 'lot-1'), '- 5 at 0', 'moves lots');

-- Imports: one change for each stock row of a batch.
create temporary table batch as
select b.import_id, b.run, 'movements' as mode from inventory._begin_import('movements', repeat('c', 64), '', 'm.csv', null) as b
union all
select b.import_id, b.run, 'stock' from inventory._begin_import('stock', repeat('d', 64), '', 's.csv', null) as b;
insert into inventory.import_staging (line, store_id, product_id, kind, quantity) values
    (2, :b, :p1, 'purchase', 10), (3, :b, :p1, 'sale', -3);
select inventory._import_movements(b.import_id, b.run, null) from batch as b where b.mode = 'movements';
select is(test.lots('lot-b', 'lot-1'), '- 12 at 0', 'imported movements move lots');
insert into inventory.import_staging (line, store_id, product_id, quantity) values (2, :b, :p1, 5);
select inventory._import_stock(b.import_id, b.run, null) from batch as b where b.mode = 'stock';
select is(test.lots('lot-b', 'lot-1'), '- 5 at 0', 'imported counts too');

-- Parts of a unit: whole units are in lots, as they are on hand.
select inventory.set_unit('third', 1, 3, 'lot-1');
select inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-1", "quantity": 1, "unit": "third"}]', 'lot-t7');
select is(test.lots('lot-a', 'lot-1'), 'C 1 at 1, D 1 at 2, E 1 at 4', 'the first third opens a unit');
select inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-1", "quantity": 2, "unit": "third"}]', 'lot-t8');
select is(test.lots('lot-a', 'lot-1'), 'C 1 at 1, D 1 at 2, E 1 at 4', 'the others are of that one');
select inventory.compensate_deduction('lot-t8'), inventory.compensate_deduction('lot-t7');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75, C 1 at 1, D 1 at 2, E 1 at 4', 'and all that is given back is the unit');
select is(inventory.receive_purchase('lot-a', '[{"sku": "lot-1", "quantity": 6, "unit": "third", "unit_cost": 0.5}]') ->> 'success', 'true', 'a cost is that of the unit as named');
select is(test.lots('lot-a', 'lot-1'), 'Z 1 at 0.75, C 1 at 1, D 1 at 2, E 1 at 4, - 2 at 3', 'of base units in the lot');

-- Parts that were sold apart come together again: one sale has opened the unit, others took the rest of it.
select test.product('lot-7') as p7, inventory.set_lot_policy('lot-7', 'fifo'), inventory.set_unit('third', 1, 3, 'lot-7') \gset
select pg_temp.receive('lot-7', 3, 5, 'A', 90), pg_temp.receive('lot-7', 3, 7, 'B', 99) \gset
create function pg_temp.thirds(in_reference text, in_quantity integer, in_lines integer default 1) returns text language sql as $$
    select pg_temp.answer(format('select inventory.record_sale(''lot-a'', %L, %L)',
        (select jsonb_agg(jsonb_build_object('sku', 'lot-7', 'quantity', in_quantity, 'unit', 'third')) from generate_series(1, in_lines)), in_reference))
$$;
create function pg_temp.back(in_reference text, in_quantity integer, in_unit text default 'third') returns text language sql as $$
    select pg_temp.answer(format('select inventory.return_sale(''lot-a'', %L, %L)', jsonb_build_array(jsonb_build_object('sku', 'lot-7', 'quantity', in_quantity, 'unit', in_unit)), in_reference))
$$;
savepoint parts;
select pg_temp.thirds('T' || n, 1) from generate_series(1, 3) as n;
select is(test.lots('lot-a', 'lot-7'), 'A 2 at 10, B 3 at 21', 'three sales of a third take a unit');
select pg_temp.back('T' || n, 1) from generate_series(1, 3) as n;
select is(test.lots('lot-a', 'lot-7'), 'A 3 at 15, B 3 at 21', 'and given back, whichever comes last, it is in its lot, at its cost');
select pg_temp.thirds('T9', 1, 3), pg_temp.back('T9', 1, 'piece') \gset
select is(test.lots('lot-a', 'lot-7'), 'A 3 at 15, B 3 at 21', 'also three lines of one sale, that come back as a whole');
select is((select sum(e.quantity) from inventory.stock_lot_entries as e where e.product_id = :p7 and e.kind = 'returned' and e.original_entry_id is not null), 2::numeric, 'each names the entry that took it');
rollback to parts;
-- What is opened later is of another lot: a part goes to the unit that it is of.
select pg_temp.thirds('T1', 1), pg_temp.thirds('T2', 2), pg_temp.sell('lot-7', 3), pg_temp.thirds('T4', 1) \gset
select is(test.lots('lot-a', 'lot-7'), 'B 1 at 7', 'the next unit is one of B');
select pg_temp.back('T1', 1), pg_temp.back('T2', 2) \gset
select is(test.lots('lot-a', 'lot-7'), 'A 1 at 5, B 1 at 7', 'a part of one of A makes that whole');
select pg_temp.back('T4', 1) \gset
select is(test.lots('lot-a', 'lot-7'), 'A 1 at 5, B 2 at 14', 'and one of B that');
rollback to parts;
-- The part that opened a unit comes last, when another one has had its entry: then it makes the one whole that is open.
select pg_temp.thirds('T1', 1), pg_temp.thirds('T2', 2), pg_temp.sell('lot-7', 3), pg_temp.thirds('T4', 1) \gset
select pg_temp.back('T2', 2) \gset
select is(test.lots('lot-a', 'lot-7'), 'A 1 at 5, B 1 at 7', 'with what is open it makes a unit');
select pg_temp.back('T4', 1) \gset
select is(test.lots('lot-a', 'lot-7'), 'A 1 at 5, B 1 at 7', 'a third more is no unit');
select pg_temp.back('T1', 1) \gset
select is(test.lots('lot-a', 'lot-7'), 'A 1 at 5, B 2 at 14', 'and the last third makes the other one: none is lost, none is there twice');
rollback to parts;
select inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-7", "quantity": 1, "unit": "third"}]', 'lot-p1'), inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-7", "quantity": 2, "unit": "third"}]', 'lot-p2') \gset
select pg_temp.sell('lot-7', 3), inventory.deduct_inventory_atomic('lot-a', '[{"sku": "lot-7", "quantity": 1, "unit": "third"}]', 'lot-p3') \gset
select inventory.compensate_deduction('lot-p2') \gset
select is(test.lots('lot-a', 'lot-7'), 'A 1 at 5, B 1 at 7', 'compensations do so, too');
rollback to parts;
-- A sale from before lots were kept has no part in them.
select inventory.set_lot_policy('lot-7', null), pg_temp.sell('lot-7', 2, 'T0'), inventory.set_lot_policy('lot-7', 'fifo', 4) \gset
select pg_temp.thirds('T1', 1), pg_temp.back('T0', 2, 'piece') \gset
select results_eq(
    format('select kind, quantity, original_entry_id from inventory.stock_lot_entries where product_id = %s order by entry_id desc limit 1', :p7),
    $$ values ('received', 2::bigint, null::bigint) $$, 'whole units that no entry took come in as such'
);
select is_empty('select test.lot_contradictions()', 'lots and stock rows agree');
rollback to parts;

-- Policies that change
select is(inventory.set_lot_policy('lot-4', 'fefo', 2.5), 1::bigint, 'a product with stock begins');
select is(test.lots('lot-a', 'lot-4'), '- 2 at 5', 'what is there is a lot at the cost that was said');
select is(inventory.set_lot_policy('lot-4', 'fifo'), 0::bigint, 'another policy changes no lot');
select is(inventory.set_lot_policy('lot-4', null), 1::bigint, 'and ends');
select is(test.lots('lot-a', 'lot-4'), null, 'its lots are closed');
select is(pg_temp.sell('lot-4', 1), 'true', 'and it is sold as before');
select test.product('lot-6') as p6 \gset
update inventory.products set allow_negative = true where product_id = :p6;
select inventory.set_lot_policy('lot-6', 'fifo'), pg_temp.receive('lot-6', 2, 5, 'A'), inventory.set_lot_policy('lot-6', null), pg_temp.sell('lot-6', 5) \gset
select is(inventory.set_lot_policy('lot-6', 'fifo', actor => 'ana'), 1::bigint, 'a product that is below zero begins');
select is(test.lots('lot-a', 'lot-6'), '- owed -3 at -15', 'and owes, at the last known cost');
select results_eq(
    format('select kind, quantity, trim_scale(value), actor from inventory.stock_lot_entries where product_id = %s order by entry_id desc limit 1', :p6),
    $$ values ('opened', -3::bigint, -15::numeric, 'ana') $$, 'with the policy: no sale took it, and none has its cost'
);
select is_empty('select test.lot_contradictions()', 'lots and stock rows agree');
select is_empty('select test.contradictions()', 'so do stock rows and movements');
select results_eq(
    $$ select lot, quantity, remaining_quantity from inventory.list_lots('lot-a', 'lot-2', false) where lot = 'over' $$,
    $$ values ('over', 2::bigint, 0::bigint) $$, 'closed lots are listed when they are asked for'
);
-- What an order holds expires as goods, and is paid in part: the rest of its hold goes back, though there is no sale that it could go with.
select test.store('lot-keep'), test.product('lot-keep'), inventory.set_lot_policy('lot-keep', 'fefo');
select inventory.receive_purchase('lot-keep', '[{"sku": "lot-keep", "quantity": 10, "expires_on": "2099-01-01"}]');
select inventory.reserve_stock('kept', 'lot-keep', '[{"sku": "lot-keep", "quantity": 10}]');
update inventory.stock_lots set expires_on = '2020-01-01' where product_id = test.product('lot-keep');
select is(
    inventory.process_order_stock_reduction('kept', 'lot-keep', '[{"sku": "lot-keep", "quantity": 4}]', 'keep') #>> '{shortfall,0,quantity}', '4',
    'a paid order gets nothing of what has expired'
);
select is(test.stock('lot-keep', 'lot-keep'), 'on_hand 10 reserved 0 version 3', 'and what it held of that is given back');
select is_empty('select test.reservation_contradictions()', 'so that reserved is what orders hold');

-- Two orders hold all there is, and half of it expires: who pays first takes what is fresh, as far as he holds it; the other one is short.
select test.product('lot-two'), inventory.set_lot_policy('lot-two', 'fefo');
select inventory.receive_purchase('lot-keep', '[{"sku": "lot-two", "quantity": 5, "lot": "old", "expires_on": "2098-01-01"}, {"sku": "lot-two", "quantity": 5, "lot": "new", "expires_on": "2099-01-01"}]');
select inventory.reserve_stock('two-' || n, 'lot-keep', '[{"sku": "lot-two", "quantity": 5}]') from generate_series(1, 2) as n;
update inventory.stock_lots set expires_on = '2020-01-01' where lot = 'old' and product_id = test.product('lot-two');
savepoint half;
select is(inventory.process_order_stock_reduction('two-1', 'lot-keep') -> 'shortfall', '[]', 'the first who pays gets what is fresh');
select is(test.lots('lot-keep', 'lot-two') || ' ' || test.stock('lot-keep', 'lot-two'), 'old expired 5 at 0 on_hand 5 reserved 5 version 5', 'out of his own hold');
select is(inventory.process_order_stock_reduction('two-2', 'lot-keep') #>> '{shortfall,0,quantity}', '5', 'the second one is short');
select is(test.lots('lot-keep', 'lot-two') || ' ' || test.stock('lot-keep', 'lot-two'), 'old expired 5 at 0 on_hand 5 reserved 0 version 6', 'and nothing is promised any more');
rollback to half;
select is(
    inventory.process_order_stock_reduction('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 7}]') #>> '{shortfall,0,quantity}', '2',
    'beyond his hold there is nothing for him: what others hold is theirs'
);
select is(test.lots('lot-keep', 'lot-two'), 'old expired 5 at 0', 'he takes what he holds');
rollback to half;
select is(
    inventory.process_order_stock_reduction('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 2}]', 'keep') #>> '{reservation,lines,0,units}', '3',
    'who pays a part keeps the rest of what he holds, when there is enough that is fresh'
);
select is(inventory.process_order_stock_reduction('two-2', 'lot-keep') #>> '{shortfall,0,quantity}', '2', 'the other one gets the fresh ones that are left, since he pays first');
select is(
    inventory.process_order_stock_reduction('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 1}]', 'keep') #>> '{shortfall,0,quantity}', '1', 'then there are none'
);
select is(test.stock('lot-keep', 'lot-two'), 'on_hand 5 reserved 0 version 7', 'to be kept, either');
rollback to half;
-- A third of a unit is taken to the last fraction, and no fresh unit twice.
select inventory.set_unit('third', 1, 3, 'lot-two');
select is(inventory.process_order_stock_reduction('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 16, "unit": "third"}]') #>> '{shortfall,0,quantity}', '1', 'five units are fifteen thirds');
select is(inventory.process_order_stock_reduction('two-2', 'lot-keep', '[{"sku": "lot-two", "quantity": 1, "unit": "third"}]') #>> '{shortfall,0,quantity}', '1', 'of which none is left');
rollback to half;
select is(
    inventory.reserve_stock('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 6}]') #>> '{errors,0,message}',
    'Insufficient stock of lot-two in lot-keep: Need 6, Have 5 (Short: 1)', 'who wants more has what he holds'
);
select is(inventory.reserve_stock('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 5}]') ->> 'success', 'true', 'and may go on holding it');
-- A lot that a paid line names and that has less is a shortfall, and no refusal.
rollback to half;
update inventory.stock_lots set expires_on = '2098-01-01' where product_id = test.product('lot-two') and lot = 'old';
select inventory.process_order_stock_reduction('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 2, "lot": "none"}, {"sku": "lot-two", "quantity": 1, "lot": "new"}, {"sku": "lot-two", "quantity": 5, "lot": "old"}]') as paid \gset
select is(
    :'paid'::jsonb -> 'shortfall', '[{"line": 1, "sku": "lot-two", "unit": "piece", "quantity": 2}, {"line": 3, "sku": "lot-two", "unit": "piece", "quantity": 1}]',
    'what the lot does not have, and what is not held'
);
select is(test.lots('lot-keep', 'lot-two') || ' ' || test.stock('lot-keep', 'lot-two'), 'old 1 at 0, new 4 at 0 on_hand 5 reserved 5 version 6', 'the others are taken, each from its lot');
rollback to half;
select inventory.set_unit('third', 1, 3, 'lot-two');
select inventory.process_order_stock_reduction('two-1', 'lot-keep', '[{"sku": "lot-two", "quantity": 4, "unit": "third", "lot": "none"}, {"sku": "lot-two", "quantity": 1, "lot": "new"}]') as paid \gset
select is(:'paid'::jsonb -> 'shortfall', '[{"line": 1, "sku": "lot-two", "unit": "third", "quantity": 4}]', 'nothing of a lot that is not there, in the unit of the line');
select is(jsonb_array_length(:'paid'::jsonb -> 'movements'), 2, 'the next line is sold, the rest of the hold released');
select is(test.lots('lot-keep', 'lot-two') || ' ' || test.stock('lot-keep', 'lot-two'), 'old expired 5 at 0, new 4 at 0 on_hand 9 reserved 5 version 6', 'and all is counted');
select inventory.process_order_stock_reduction('two-2', 'lot-keep', '[{"sku": "lot-two", "quantity": 7, "lot": "none", "price": 3}]') as paid \gset
select is(
    :'paid'::jsonb -> 'document' is null and (:'paid'::jsonb -> 'success')::boolean, true, 'nothing at all is no refusal, either'
);
select is(:'paid'::jsonb -> 'shortfall', '[{"line": 1, "sku": "lot-two", "unit": "piece", "quantity": 7}]', 'what is not there and what the lot has not is one line');
select is_empty('select test.lot_contradictions() union all select test.reservation_contradictions() union all select test.contradictions()', 'and all agree');
rollback to half;
-- Nobody has less than nothing.
update inventory.stock_lots set expires_on = '2020-01-01' where product_id = test.product('lot-two');
select is(
    inventory.record_sale('lot-keep', '[{"sku": "lot-two", "quantity": 1}]') #>> '{errors,0,message}',
    'Insufficient stock of lot-two in lot-keep: Need 1, Have 0 (Short: 1)', 'what others hold of what has expired is not there once, not twice'
);
select is(
    inventory.deduct_inventory_many('[{"store": "lot-keep", "transaction_id": "lot-h", "lines": [{"sku": "lot-two", "quantity": 1}]}]') #>> '{0,errors,0,message}',
    'Insufficient stock of lot-two in lot-keep: Need 1, Have 0 (Short: 1)', 'also in a batch'
);
select is(inventory.validate_deduction('lot-keep', '[{"sku": "lot-two", "quantity": 1}]') #>> '{demand,0,have}', '0', 'and when it is asked for');
select is_empty('select test.lot_contradictions() union all select test.reservation_contradictions() union all select test.contradictions()', 'and all agree');

select * from finish();
rollback;

