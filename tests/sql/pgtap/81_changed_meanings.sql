-- Units change and skus are given to other products: what was queued, sold or reserved keeps the meaning that it had.
begin;
select no_plan();

select test.store('cm-a');
select test.product('cm-' || n) from generate_series(1, 9) as n;
update inventory.products set packs_per_box = 12 where sku in ('cm-1', 'cm-2', 'cm-3', 'cm-4');
create function pg_temp.lines(in_sku text, in_quantity numeric, in_unit text) returns jsonb language sql as $$
    select jsonb_build_array(jsonb_build_object('sku', in_sku, 'quantity', in_quantity, 'unit', in_unit))
$$;
create function pg_temp.stock(in_sku text) returns text language sql as $$
    select s.on_hand || '/' || s.reserved
    from inventory.inventory_stock as s
    where s.store_id = test.store('cm-a') and s.product_id = (select p.product_id from inventory.products as p where p.sku = in_sku)
$$;
create function pg_temp.queued(in_transaction_id text) returns text language sql as $$
    select concat_ws(' ', q.status, q.errors #>> '{0,message}')
    from inventory.offline_transaction_queue as q where q.transaction_id = in_transaction_id
$$;
select inventory.set_stock('cm-a', (select jsonb_agg(jsonb_build_object('sku', 'cm-' || n, 'quantity', 1000)) from generate_series(1, 9) as n)) \gset

-- A queued sale
select inventory.set_unit('dozen', 12, 1, 'cm-5'), inventory.set_unit('third', 1, 3, 'cm-6') \gset
select inventory.queue_transaction('cm-a', '[{"sku": "cm-1", "quantity": 2, "unit": "box", "price": 6.06}, {"sku": "cm-8", "quantity": 1}]', 'box', 'till', 1),
    inventory.queue_transaction('cm-a', pg_temp.lines('cm-5', 0.5, 'dozen'), 'dozen', 'till', 2),
    inventory.queue_transaction('cm-a', pg_temp.lines('cm-6', 1, 'third'), 'third', 'till', 3),
    inventory.queue_transaction('cm-a', pg_temp.lines('cm-7', 1, 'piece'), 'renamed', 'till', 4),
    inventory.queue_transaction('cm-a', pg_temp.lines('cm-2', 1, 'box'), 'by itself', 'till', 5),
    inventory.queue_transaction('cm-a', pg_temp.lines('cm-2', 1, 'box'), 'approved', 'till', 6, 'insufficient_stock') \gset
select is(inventory.deduct_inventory_atomic('cm-a', pg_temp.lines('cm-2', 1, 'box'), 'by itself') ->> 'success', 'true', 'a till gets through after all');
update inventory.products set packs_per_box = 6 where sku in ('cm-1', 'cm-2');
select inventory.set_unit('dozen', 2, 1, 'cm-5'), inventory.set_unit('third', 1, 2, 'cm-6') \gset
update inventory.products set sku = 'cm-7b' where sku = 'cm-7';
select test.product('cm-7');
select inventory.set_stock('cm-a', '[{"sku": "cm-7", "quantity": 1000}]') \gset
select is(inventory.sync_all_pending('cm-a') - '{transactions,ticket,movements}'::text[] ->> 'synced', '4', 'all but one can be deducted');
select is(pg_temp.queued('box') || ' ' || pg_temp.stock('cm-1'), 'synced 976/0', 'two boxes of 12 were sold, whatever a box is by now');
select is(
    (select l.quantity || ' ' || l.unit || ' ' || l.price from inventory.stock_document_lines as l join inventory.inventory_deductions as d using (document_id)
     where d.transaction_id = 'box' and l.line = 1),
    '24 piece 0.505000', 'its document counts in the base unit, the price too'
);
select is(
    (select l.quantity || ' ' || l.unit from inventory.stock_document_lines as l join inventory.inventory_deductions as d using (document_id)
     where d.transaction_id = 'box' and l.line = 2),
    '1 piece', 'a line that means the same is as it was'
);
select is(pg_temp.queued('dozen') || ' ' || pg_temp.stock('cm-5'), 'synced 994/0', 'a unit that is named is what it was, too');
select is(
    pg_temp.queued('third') || ' ' || pg_temp.stock('cm-6'), 'insufficient_stock line 1: cm-6 has another unit "third" by now 1000/0',
    'what is no decimal of the base unit is for somebody to decide'
);
select is(
    concat_ws(' ', pg_temp.queued('renamed'), pg_temp.stock('cm-7b'), pg_temp.stock('cm-7')), 'synced 999/0 1000/0',
    'it is the product that was sold, not the one that has its sku by now'
);
select is(pg_temp.queued('by itself') || ' ' || pg_temp.stock('cm-2'), 'synced 988/0', 'what the till has deducted itself is the same sale, and is not deducted again');
select is(inventory.approve_transaction('approved', 'cm-a') ->> 'success', 'true', 'an approval as it was queued');
select is(pg_temp.stock('cm-2'), '976/0', 'takes what was sold then');
select throws_ok($$ select inventory.approve_transaction('third', 'cm-a') $$, '22023', 'line 1: cm-6 has another unit "third" by now', 'what is no decimal is not approved as it was, either');
select is(inventory.approve_transaction('third', 'cm-a', lines => pg_temp.lines('cm-6', 1, 'piece')) #>> '{errors}', '[]', 'but with other lines');

-- A sale, and what is returned of it
select inventory.record_sale('cm-a', pg_temp.lines('cm-3', 2, 'box'), 'R1') \gset
update inventory.products set packs_per_box = 6 where sku = 'cm-3';
select is(
    inventory.return_sale('cm-a', pg_temp.lines('cm-3', 1, 'box'), 'R1') #>> '{movements,0,on_hand_delta}', '12', 'a box of the sale is what it was when it was sold'
);
select is(inventory.return_sale('cm-a', pg_temp.lines('cm-3', 2, 'pack'), 'R1') #>> '{movements,0,on_hand_delta}', '2', 'in a unit that the sale does not name it is what it is now');
select is(inventory.return_sale('cm-a', pg_temp.lines('cm-3', 1, 'box'), 'R1') #>> '{errors,0,code}', 'return_exceeds_sale', 'never more than was sold');
select is(inventory.return_sale('cm-a', pg_temp.lines('cm-3', 1, 'box')) #>> '{movements,0,on_hand_delta}', '6', 'without a sale it is what it is now');

-- An order
select inventory.reserve_stock('o1', 'cm-a', pg_temp.lines('cm-4', 3, 'box'), '1 hour') \gset
update inventory.products set packs_per_box = 6 where sku = 'cm-4';
select is(pg_temp.stock('cm-4'), '1000/36', 'three boxes of 12 are reserved');
select inventory.unreserve_stock('o1', 'cm-a', pg_temp.lines('cm-4', 1, 'box')) \gset
select is(pg_temp.stock('cm-4'), '1000/24', 'one of them is given back as it was reserved');
select inventory.process_order_stock_reduction('o1', 'cm-a', pg_temp.lines('cm-4', 1, 'box'), rest => 'keep') \gset
select is(pg_temp.stock('cm-4'), '988/12', 'and one is paid so');
select inventory.process_order_stock_reduction('o1', 'cm-a') \gset
select is(pg_temp.stock('cm-4'), '976/0', 'as is the rest');

-- A rejection counts for ever, too
select inventory.queue_transaction('cm-a', pg_temp.lines('cm-8', 1, 'piece'), 'no', 'till', 7), inventory.reject_transaction('no', 'cm-a', 'boss') \gset
update inventory.inventory_deduction_idempotency set created_at = now() - interval '31 days' where store_id = test.store('cm-a');
select cmp_ok(inventory.prune_idempotency_keys(), '>', 0::bigint, 'keys of long ago go');
select is(
    inventory.deduct_inventory_atomic('cm-a', pg_temp.lines('cm-8', 1, 'piece'), 'no') #>> '{errors,0,message}',
    'transaction_id "no" was rejected, and is not deducted any more', 'what was rejected is not deducted after that'
);
select is(inventory.deduct_inventory_atomic('cm-a', pg_temp.lines('cm-1', 2, 'box'), 'box') ->> 'success', 'false', 'nor what was deducted, again');

-- What no unit may be
select throws_like($$ select inventory.create_product('{"sku": "cm-x", "base_unit": "box"}') $$, 'base_unit cannot be box', 'a box is counted, and counts nothing');
select throws_like($$ select inventory.update_product('cm-9', '{"base_unit": "pack"}') $$, 'base_unit cannot be pack', 'nor is a pack');
select throws_ok($$ update inventory.products set base_unit = 'box' where sku = 'cm-9' $$, '23514', null, 'whoever writes it');

select is_empty('select test.reservation_contradictions()', 'Q1: reserved is what is held');
select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
