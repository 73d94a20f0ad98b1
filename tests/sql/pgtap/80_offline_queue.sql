-- The offline queue. T numbers are those of the field's bugs.
begin;
select no_plan();

select test.store('oq-a'), test.store('oq-b');
select test.product('oq-' || n) from generate_series(1, 12) as n;
select test.product('oq-14'), test.product('oq-15');
update inventory.products set name = 'Croffle' where sku = 'oq-1';
create function pg_temp.said(in_answer jsonb) returns text language sql as $$
    select string_agg(e ->> 'message', '; ') from jsonb_array_elements(in_answer -> 'errors') as e
$$;
-- What is queued of a store, by transaction id; and what was done about one.
create function pg_temp.queue(in_code text) returns text language sql as $$
    select string_agg(q.transaction_id || ' ' || q.status, ', ' order by q.transaction_id)
    from inventory.offline_transaction_queue as q
    where q.store_id = test.store(in_code)
$$;
create function pg_temp.decisions(in_code text, in_transaction_id text) returns text language sql as $$
    select string_agg(d.decision || ' by ' || d.actor, ', ' order by d.decision_id)
    from inventory.offline_queue_decisions as d
    join inventory.offline_transaction_queue as q using (queue_id)
    where q.store_id = test.store(in_code) and q.transaction_id = in_transaction_id
$$;
-- A sync's counts, and what became of each.
create function pg_temp.synced(in_answer jsonb) returns text language sql as $$
    select format('%s synced, %s to approve, %s left: ', in_answer ->> 'synced', in_answer ->> 'needsApproval', in_answer ->> 'remaining')
        || coalesce((
            select string_agg(format('%s %s', t ->> 'transaction_id', t ->> 'status'), ', ')
            from jsonb_array_elements(in_answer -> 'transactions') as t
        ), '')
$$;
create function pg_temp.lines(in_sku text, in_quantity numeric) returns jsonb language sql as $$
    select jsonb_build_array(jsonb_build_object('sku', in_sku, 'quantity', in_quantity))
$$;

select inventory.set_recipe('oq-1', '[{"name": "Dough", "quantity": 2, "unit": "piece"}]');
select inventory.set_conversion_mapping('oq-a', 'Dough', 'piece', 'oq-2', 1);
select inventory.receive_purchase('oq-a', '[{"sku": "oq-2", "quantity": 10}, {"sku": "oq-3", "quantity": 10}]');

-- Queueing
select inventory.queue_transaction('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', 'till-1', 7, reference => 'R 7', actor => 'ana',
    occurred_at => '2026-01-01 10:00+00', party => 'Bo', correlation_id => 'c1') as answer \gset
select is(
    :'answer'::jsonb - 'ticket',
    '{
        "success": true, "replayed": false, "operation": "queue_transaction", "store": "oq-a", "errors": [], "movements": [],
        "queued": {"transaction_id": "q1", "status": "pending", "device": "till-1", "device_sequence": 7, "cause": "offline",
                   "occurred_at": "2026-01-01T10:00:00+00:00"}
    }', 'a sale of a till is queued'
);
select is(test.stock('oq-a', 'oq-2'), 'on_hand 10 reserved 0 version 1', 'and nothing is taken yet');
select is(
    (select policy from inventory.offline_transaction_queue where transaction_id = 'q1'), '{"oq-2": false}',
    'with the policy of each stock row that it would take'
);
select is(
    inventory.queue_transaction('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', 'till-1', 7, reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo', correlation_id => 'c2'),
    :'answer'::jsonb || '{"replayed": true, "message": "Request already processed (idempotency)"}', 'T8: the same upload again is answered again'
);
select is(
    pg_temp.said(inventory.queue_transaction('oq-a', pg_temp.lines('oq-1', 3), 'q1', 'till-2', 7, reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo')),
    'transaction_id "q1" was used for another request: device, lines[1].price, lines[1].quantity', 'another sale under the same id is refused, and the fields named'
);
select is(
    inventory.queue_transaction('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', 'till-1', 7, reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo', idempotency_key => 'k') ->> 'replayed', 'true', 'also with a key of its own'
);
select is(
    inventory.queue_transaction('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', 'till-1', 7, reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo', idempotency_key => 'k') ->> 'replayed', 'true', 'and that key again'
);
select is(
    pg_temp.said(inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'q9', 'till-1', idempotency_key => 'k')) ~ '^idempotency_key "k" was used for another request: .*queued_transaction_id',
    true, 'a key belongs to one transaction'
);
select is(pg_temp.queue('oq-a'), 'q1 pending', 'one is queued');
select is(pg_temp.decisions('oq-a', 'q1'), 'queued by ana', 'and recorded once');
select is(inventory.queue_transaction('oq-b', pg_temp.lines('oq-3', 1), 'q1', 'till-1') ->> 'success', 'true', 'another store has its own ids');
select throws_ok(c.sql, c.state, c.message, 'not queued: ' || c.sql)
from (values
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), null, 'd') $$, '22004', 'no transaction_id is given'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), '', 'd') $$, '22023', 'transaction_id is empty'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), repeat('x', 201), 'd') $$, '22001', 'transaction_id is too long'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', null) $$, '22023', 'device is a text of 1 to 200 characters'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', '') $$, '22023', 'device is a text of 1 to 200 characters'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', repeat('x', 201)) $$, '22023', 'device is a text of 1 to 200 characters'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', 'd', -1) $$, '22023', 'device_sequence is a number from 0'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', 'd', 1, 'because') $$, '22023', 'cause is offline or insufficient_stock'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', 'd', 1, null) $$, '22023', 'cause is offline or insufficient_stock'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-none', 1), 'x', 'd') $$, 'SD006', null),
    ($$ select inventory.queue_transaction('oq-a', '[{"sku": "oq-3", "quantity": 1, "unit_cost": 1}]', 'x', 'd') $$, '22023', null),
    ($$ select inventory.queue_transaction('oq-none', pg_temp.lines('oq-3', 1), 'x', 'd') $$, 'SD006', null),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', 'd', party => repeat('x', 501)) $$, '22001', 'party is too long'),
    ($$ select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'x', 'd', occurred_at => 'infinity') $$, '22008', null)
) as c (sql, state, message);

-- Syncing
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 8), 'q3', 'till-1', 9, actor => 'ana', occurred_at => '2026-01-01 10:20+00');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 7), 'q2', 'till-1', 8, actor => 'ana', occurred_at => '2026-01-01 10:10+00');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'q4', 'till-2', actor => 'ben', occurred_at => '2026-01-01 10:30+00', cause => 'insufficient_stock');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-4', 1), 'q5', 'till-2', actor => 'ben', occurred_at => '2026-01-01 10:40+00');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'q6', 'till-2', actor => 'ben', occurred_at => '2026-01-01 10:50+00');
select inventory.sync_all_pending('oq-a', 'boss', correlation_id => 'c9') as answer \gset
select is(
    pg_temp.synced(:'answer'), '3 synced, 2 to approve, 0 left: q1 synced, q2 synced, q3 insufficient_stock, q5 insufficient_stock, q6 synced',
    'sales are synced in the order in which they happened, whatever the order of uploads; what cannot be deducted needs approval'
);
select is(
    (:'answer'::jsonb - '{ticket,transactions}'::text[]),
    '{"success": true, "replayed": false, "operation": "sync_all_pending", "store": "oq-a", "errors": [], "movements": [], "synced": 3, "needsApproval": 2, "remaining": 0}',
    'the answer is that of every operation'
);
select is(
    :'answer'::jsonb #>> '{transactions,2,errors,0,message}', 'Insufficient stock of oq-3 in oq-a: Need 8, Have 3 (Short: 5)', 'an answer says what is short'
);
select is(
    :'answer'::jsonb #>> '{transactions,3,errors,0,code}', 'no_ingredients', 'or what else stands in the way'
);
select is(test.movements('oq-a', 'oq-3'), '1:purchase +10>10, 2:deduction -7>3, 3:deduction -1>2', 'each is all or nothing by itself');
select is(test.stock('oq-a', 'oq-2'), 'on_hand 6 reserved 0 version 2', 'what was sold is deducted by its recipe');
select results_eq(
    $$ select document_kind, document_reference, party, actor, correlation_id, occurred_at from inventory.list_documents('oq-a', reference => 'R 7') $$,
    $$ values ('deduction', 'R 7', 'Bo', 'ana', 'c1', '2026-01-01 10:00+00'::timestamptz) $$, 'the deduction is the seller''s, of the time when it was sold'
);
select is(
    (select q.document_id from inventory.offline_transaction_queue as q where transaction_id = 'q1' and store_id = test.store('oq-a')),
    (select document_id from inventory.inventory_deductions where transaction_id = 'q1'), 'the queue names its document'
);
select is(pg_temp.decisions('oq-a', 'q1'), 'queued by ana, synced by boss', 'who synced is recorded');
select is(pg_temp.decisions('oq-a', 'q3'), 'queued by ana, needs_approval by boss', 'also what was not done');
select is(
    (select count(*) from inventory.operation_refusals where store_id = test.store('oq-a') and operation = 'deduct_inventory_atomic'), 2::bigint,
    'and counted as refused'
);
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 0 to approve, 0 left: ', 'what was synced once is not synced again');
select is(pg_temp.queue('oq-b'), 'q1 pending', 'other stores have their own queues');
select is(
    inventory.queue_transaction('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', 'till-1', 7, reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo') #>> '{queued,status}',
    'synced', 'T8: a late upload of the same sale says what became of it'
);
select is(
    inventory.queue_transaction('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', 'till-1', 7, reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo', idempotency_key => 'k') #>> '{queued,status}',
    'synced', 'also under its key'
);
select is(
    inventory.deduct_inventory_atomic('oq-a', '[{"sku": "oq-1", "quantity": 2, "price": 4.5}]', 'q1', reference => 'R 7', actor => 'ana',
        occurred_at => '2026-01-01 10:00+00', party => 'Bo') ->> 'replayed',
    'true', 'T8: the till''s own late try is answered by the deduction that was synced'
);
select is(test.stock('oq-a', 'oq-2'), 'on_hand 6 reserved 0 version 2', 'T8: there is one movement');
select throws_ok(
    format($$ select inventory.sync_all_pending('oq-a', "limit" => %s) $$, c.n), '22023', 'limit is a number from 1 to 1000', 'no limit: ' || c.n
) from (values ('null'), ('0'), ('1001')) as c (n);
select throws_ok($$ select inventory.sync_all_pending('oq-none') $$, 'SD006', null, 'an unknown store has no queue');

-- The till could deduct it after all, or somebody else did.
select inventory.deduct_inventory_atomic('oq-a', pg_temp.lines('oq-2', 1), 'd1') \gset
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-2', 1), 'd1', 'till-1', 10, actor => 'ana');
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '1 synced, 0 to approve, 0 left: d1 synced', 'a sale that its till deducted itself is done');
select is(test.stock('oq-a', 'oq-2'), 'on_hand 5 reserved 0 version 3', 'and not deducted twice, whatever the key');
select isnt((select document_id from inventory.offline_transaction_queue where transaction_id = 'd1'), null, 'the queue names that deduction');
select inventory.record_sale('oq-a', pg_temp.lines('oq-2', 1), transaction_id => 'd2') \gset
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-2', 1), 'd2', 'till-1', 11);
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '1 synced, 0 to approve, 0 left: d2 synced', 'also one that was recorded as a sale');
select is(test.stock('oq-a', 'oq-2'), 'on_hand 4 reserved 0 version 4', 'which took it once');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-2', 2), 'd3', 'till-1', 12);
select inventory.deduct_inventory_atomic('oq-a', pg_temp.lines('oq-2', 1), 'd3') \gset
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 1 to approve, 0 left: d3 insufficient_stock', 'other lines under the same id are somebody''s to decide');
select is(
    pg_temp.said(inventory.approve_transaction('d3', 'oq-a', 'boss')),
    'transaction_id "d3" was used for another request: actor, lines[1].quantity, occurred_at', 'and cannot be deducted as well'
);
select is(
    pg_temp.said(inventory.reject_transaction('d3', 'oq-a', 'boss')) ~ '^transaction_id "d3" was used for another request: ', true,
    'nor rejected, because they were deducted'
);
select is(
    inventory.approve_transaction('d3', 'oq-a', 'boss', pg_temp.lines('oq-2', 1)) #>> '{queued,status}', 'approved', 'but approved as what was deducted'
);
select is(test.stock('oq-a', 'oq-2'), 'on_hand 3 reserved 0 version 5', 'which takes nothing more');
-- A sale or a payment under the same id.
select inventory.receive_purchase('oq-a', pg_temp.lines('oq-14', 9));
select inventory.record_sale('oq-a', pg_temp.lines('oq-14', 1), transaction_id => 's' || n) from generate_series(1, 3) as n;
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-14', 1), 's' || n, 'till-4') from generate_series(1, 2) as n;
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-14', 2), 's3', 'till-4');
select is(pg_temp.synced(inventory.sync_all_pending('oq-a', "limit" => 1)), '1 synced, 0 to approve, 2 left: s1 synced', 'a sale that its till recorded itself is done');
select is(
    (select q.document_id from inventory.offline_transaction_queue as q where q.transaction_id = 's1'),
    (select (i.result #>> '{document,id}')::bigint from inventory.inventory_deduction_idempotency as i where i.store_id = test.store('oq-a') and i.scope = 'transaction' and i.idempotency_key = 's1'),
    'and the queue names the document of that sale'
);
select is(
    (inventory.approve_transaction('s2', 'oq-a', 'boss') -> 'document') - 'id', '{"kind": "sale", "reference": null}', 'also when it is approved: of the kind that it is'
);
select is(
    inventory.approve_transaction('s2', 'oq-a', 'boss') -> 'document' ->> 'kind', 'sale', 'however often'
);
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 1 to approve, 0 left: s3 insufficient_stock', 'a sale with other lines is somebody''s to decide');
select is(inventory.approve_transaction('s3', 'oq-a', 'boss', pg_temp.lines('oq-14', 1)) #>> '{queued,status}', 'approved', 'and approved as what was sold');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-14', 3), 's4', 'till-4');
select inventory.record_sale('oq-a', pg_temp.lines('oq-14', 1), transaction_id => 's4') as sold \gset
select is(
    pg_temp.said(inventory.approve_transaction('s4', 'oq-a', 'boss')), 'transaction_id "s4" was used by a sale of other lines', 'as queued it cannot be deducted under that id'
);
select inventory.reject_transaction('s4', 'oq-a', 'boss') as answer \gset
select is(
    :'answer'::jsonb #>> '{queued,status}' || ' ' || (:'answer'::jsonb #>> '{queued,errors,0,detail}'),
    format('rejected record_sale() has it, with the document %s.', :'sold'::jsonb #>> '{document,id}'), 'or rejected, which says so'
);
select is((inventory.record_sale('oq-a', pg_temp.lines('oq-14', 1), transaction_id => 's4')) #>> '{document,id}', :'sold'::jsonb #>> '{document,id}', 'and the sale keeps its answer');
select inventory.receive_purchase('oq-a', pg_temp.lines('oq-14', 1));
select inventory.reserve_stock('oq-o1', 'oq-a', pg_temp.lines('oq-14', 3)), inventory.process_order_stock_reduction('oq-o1', 'oq-a', transaction_id => 'w1') as paid \gset
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-14', 1), 'w1', 'till-4');
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 1 to approve, 0 left: w1 insufficient_stock', 'a sale whose id a payment has used is somebody''s to decide');
select is(
    (select errors #>> '{0,message}' from inventory.offline_transaction_queue where transaction_id = 'w1'),
    'transaction_id "w1" was used by the payment of order oq-o1', 'who is told what has used it'
);
select is(
    pg_temp.said(inventory.approve_transaction('w1', 'oq-a', 'boss')), 'transaction_id "w1" was used by the payment of order oq-o1', 'it cannot be deducted under that id'
);
select inventory.reject_transaction('w1', 'oq-a', 'boss', 'a number given twice', 'kw') as answer \gset
select is(
    :'answer'::jsonb #>> '{queued,status}' || ' ' || (:'answer'::jsonb #>> '{queued,errors,0,detail}'),
    format('rejected process_order_stock_reduction() has it, with the document %s.', :'paid'::jsonb #>> '{document,id}'), 'but rejected, which says so'
);
select is(
    (select d.reason from inventory.offline_queue_decisions as d where d.decision = 'rejected' order by d.decision_id desc limit 1),
    'a number given twice; transaction_id "w1" was used by the payment of order oq-o1', 'and is recorded with it'
);
select is(inventory.reject_transaction('w1', 'oq-a', 'boss', 'a number given twice', 'kw') ->> 'replayed', 'true', 'once by its key');
select is(inventory.reject_transaction('w1', 'oq-a') ->> 'replayed', 'true', 'and by itself');
select is(
    inventory.process_order_stock_reduction('oq-o1', 'oq-a', transaction_id => 'w1') - 'replayed' - 'message', :'paid'::jsonb - 'replayed', 'the payment keeps its answer'
);
select is(test.stock('oq-a', 'oq-14'), 'on_hand 3 reserved 0 version 8', 'and each was taken once');
select inventory.reserve_stock('oq-o2', 'oq-a', pg_temp.lines('oq-14', 1)), inventory.set_stock('oq-a', pg_temp.lines('oq-14', 1)) \gset
update inventory.stock_holds set expires_at = now() - interval '1 s' where store_id = test.store('oq-a') and state = 'held';
select inventory.record_sale('oq-a', pg_temp.lines('oq-14', 1)), inventory.expire_reservations() \gset
select inventory.record_sale('oq-a', pg_temp.lines('oq-14', 1)) \gset
select inventory.process_order_stock_reduction('oq-o2', 'oq-a', transaction_id => 'w2'), inventory.queue_transaction('oq-a', pg_temp.lines('oq-14', 2), 'w2', 'till-4') \gset
select is(
    inventory.reject_transaction('w2', 'oq-a') #>> '{queued,errors,0,detail}', 'process_order_stock_reduction() has it, and found nothing to take.', 'also of a payment that found nothing'
);

-- Long ago: the answers were pruned.
select inventory.deduct_inventory_atomic('oq-a', pg_temp.lines('oq-2', 1), 'd' || n) from generate_series(4, 5) as n;
select inventory.receive_purchase('oq-a', pg_temp.lines('oq-12', 1)), inventory.deduct_inventory_atomic('oq-a', pg_temp.lines('oq-12', 1), 'd6') \gset
delete from inventory.inventory_deduction_idempotency where idempotency_key in ('d4', 'd5', 'd6');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-2', 1), 'd4', 'till-1', 13), inventory.queue_transaction('oq-a', pg_temp.lines('oq-2', 2), 'd5', 'till-1', 14),
    inventory.queue_transaction('oq-a', pg_temp.lines('oq-12', 1), 'd6', 'till-1', 15) \gset
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '2 synced, 1 to approve, 0 left: d4 synced, d5 insufficient_stock, d6 synced', 'a deduction whose answer is gone still counts, by its document, also when the stock is short by now');
select is(pg_temp.said(inventory.reject_transaction('d5', 'oq-a')), 'transaction_id "d5" was used before', 'and what it took is not rejected');
select is(test.stock('oq-a', 'oq-2'), 'on_hand 1 reserved 0 version 7', 'it is taken once');

-- Approving
select is(
    pg_temp.said(inventory.approve_transaction('q3', 'oq-a', 'boss', reason => 'was sold', idempotency_key => 'ka')), 'Insufficient stock of oq-3 in oq-a: Need 8, Have 2 (Short: 6)',
    'what is not there cannot be approved'
);
select is(
    (select status from inventory.offline_transaction_queue where transaction_id = 'q3'), 'insufficient_stock', 'and waits on'
);
select is(pg_temp.decisions('oq-a', 'q3'), 'queued by ana, needs_approval by boss, approval_refused by boss', 'the try is recorded');
select inventory.approve_transaction('q3', 'oq-a', 'boss', '[{"sku": "oq-3", "quantity": 2}]', 'two were there', 'ka') as answer \gset
select is(
    :'answer'::jsonb - '{ticket,document}'::text[],
    jsonb_build_object(
        'success', true, 'replayed', false, 'operation', 'approve_transaction', 'store', 'oq-a', 'errors', '[]'::jsonb,
        'movements', '[{"line": 1, "store": "oq-a", "sku": "oq-3", "kind": "deduction", "on_hand_delta": -2, "reserved_delta": 0,
            "on_hand": 0, "reserved": 0, "available": 0, "version": 4}]'::jsonb,
        'queued', jsonb_build_object(
            'transaction_id', 'q3', 'status', 'approved', 'device', 'till-1', 'device_sequence', 9, 'cause', 'offline',
            'occurred_at', '2026-01-01T10:20:00+00:00', 'document_id', (select document_id from inventory.inventory_deductions where transaction_id = 'q3')
        )
    ), 'lines may be edited when it is approved, and a refused approval has used no key up'
);
select results_eq(
    $$ select q.lines, q.approved_lines, d.lines, d.reason, d.actor from inventory.offline_transaction_queue as q join inventory.offline_queue_decisions as d using (queue_id)
       where q.transaction_id = 'q3' and d.decision = 'approved' $$,
    $$ values (pg_temp.lines('oq-3', 8), pg_temp.lines('oq-3', 2), pg_temp.lines('oq-3', 2), 'two were there', 'boss') $$, 'both are kept, and who decided why'
);
select is(
    (select actor from inventory.stock_ledger where store_id = test.store('oq-a') and product_id = test.product('oq-3') and version = 4), 'ana', 'the deduction stays the seller''s'
);
select is(
    inventory.approve_transaction('q3', 'oq-a', 'boss', '[{"sku": "oq-3", "quantity": 2}]', 'two were there', 'ka'),
    :'answer'::jsonb || '{"replayed": true, "message": "Request already processed (idempotency)"}', 'an approval is done once by its key'
);
select is(
    inventory.approve_transaction('q3', 'oq-a', 'chef', '[{"sku": "oq-3", "quantity": 2}]') ->> 'replayed', 'true', 'and by itself'
);
select is(test.stock('oq-a', 'oq-3'), 'on_hand 0 reserved 0 version 4', 'and takes once');
select is(
    pg_temp.said(inventory.approve_transaction('q3', 'oq-a', 'chef')), 'Transaction q3 of oq-a was approved before', 'not with other lines'
);
select throws_ok($$ select inventory.must(inventory.approve_transaction('q3', 'oq-a')) $$, 'SD030', 'Transaction q3 of oq-a was approved before', 'must() has a state for it');
select is(pg_temp.said(inventory.approve_transaction('q1', 'oq-a', 'chef')), 'Transaction q1 of oq-a was synced before', 'what was synced needs no approval');
select is(
    pg_temp.said(inventory.reject_transaction('q3', 'oq-a')), 'Transaction q3 of oq-a was approved before', 'what was approved is not rejected'
);
select is(
    inventory.compensate_deduction('q3', store => 'oq-a') ->> 'itemsRestored', '1', 'but can be given back as every deduction'
);
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 2), 'a1', 'till-1', 15) \gset
select is(inventory.approve_transaction('a1', 'oq-a') #>> '{queued,status}', 'approved', 'what is pending may be approved before it is synced');
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 0 to approve, 0 left: ', 'and is not synced then');
select is(test.stock('oq-a', 'oq-3'), 'on_hand 0 reserved 0 version 6', 'it is taken once');
select throws_ok(c.sql, c.state, null, 'no approval: ' || c.sql)
from (values
    ($$ select inventory.approve_transaction('none', 'oq-a') $$, 'SD006'), ($$ select inventory.approve_transaction('q3', 'oq-b') $$, 'SD006'),
    ($$ select inventory.approve_transaction('q4', 'oq-none') $$, 'SD006'), ($$ select inventory.approve_transaction(null, 'oq-a') $$, '22004'),
    ($$ select inventory.approve_transaction('q4', 'oq-a', lines => '[]') $$, '22023'),
    ($$ select inventory.approve_transaction('q4', 'oq-a', lines => pg_temp.lines('oq-none', 1)) $$, 'SD006'),
    ($$ select inventory.approve_transaction('q4', 'oq-a', reason => repeat('x', 2001)) $$, '22001'),
    ($$ select inventory.reject_transaction('none', 'oq-a') $$, 'SD006'), ($$ select inventory.reject_transaction('q3', 'oq-b') $$, 'SD006'),
    ($$ select inventory.reject_transaction(null, 'oq-a') $$, '22004')
) as c (sql, state);

-- Rejecting
select inventory.reject_transaction('q4', 'oq-a', 'boss', 'a mistake', 'kr') as answer \gset
select is(
    :'answer'::jsonb #>> '{queued,status}', 'rejected', 'what was told that stock is insufficient waits for somebody, who may reject it'
);
select is(pg_temp.decisions('oq-a', 'q4'), 'queued by ben, rejected by boss', 'which is recorded');
select is(
    inventory.reject_transaction('q4', 'oq-a', 'boss', 'a mistake', 'kr'),
    :'answer'::jsonb || '{"replayed": true, "message": "Request already processed (idempotency)"}', 'a rejection is done once by its key'
);
select is(inventory.reject_transaction('q4', 'oq-a') ->> 'replayed', 'true', 'and by itself');
select is(
    pg_temp.said(inventory.approve_transaction('q4', 'oq-a')), 'Transaction q4 of oq-a was rejected before', 'what was rejected is not approved'
);
select inventory.receive_purchase('oq-a', pg_temp.lines('oq-3', 5)) \gset
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('oq-a', pg_temp.lines('oq-3', 1), 'q4')), 'transaction_id "q4" was rejected, and is not deducted any more',
    'the till''s own late try of what was rejected takes nothing'
);
select is(
    inventory.queue_transaction('oq-a', pg_temp.lines('oq-3', 1), 'q4', 'till-2', actor => 'ben', occurred_at => '2026-01-01 10:30+00', cause => 'insufficient_stock')
        #>> '{queued,status}', 'rejected', 'and a late upload says that it was rejected'
);
select is(test.stock('oq-a', 'oq-3'), 'on_hand 5 reserved 0 version 7', 'nothing moved');

-- T21: the policy of when it was sold.
update inventory.products set allow_negative = true where sku = 'oq-6';
insert into inventory.inventory_stock (store_id, product_id, on_hand, allow_negative) values
    (test.store('oq-a'), test.product('oq-5'), 3, false), (test.store('oq-a'), test.product('oq-7'), 1, true);
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-5', 2), 'p' || n, 'till-1', 20 + n, occurred_at => now() + n * interval '1 s') from generate_series(1, 3) as n;
select inventory.queue_transaction('oq-a', '[{"sku": "oq-5", "quantity": 1}, {"sku": "oq-7", "quantity": 4}]', 'p4', 'till-1', 24, occurred_at => now() + interval '4 s') \gset
update inventory.inventory_stock set allow_negative = true where store_id = test.store('oq-a') and product_id = test.product('oq-5');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-5', 2), 'p5', 'till-1', 25, occurred_at => now() + interval '5 s') \gset
select inventory.sync_all_pending('oq-a') as answer \gset
select is(
    pg_temp.synced(:'answer'), '3 synced, 2 to approve, 0 left: p1 synced, p2 insufficient_stock, p3 insufficient_stock, p4 synced, p5 synced',
    'T21: a row that might not go below zero when it was queued is not taken there, although it may by now'
);
select is(test.movements('oq-a', 'oq-5'), '1:direct +3>3, 2:deduction -2>1, 3:deduction -1>0, 4:deduction -2>-2', 'T21: as if each had been decided in its turn');
select is(
    :'answer'::jsonb #>> '{transactions,1,errors,0,message}', 'Insufficient stock of oq-5 in oq-a: Need 2, Have 1 (Short: 1)', 'T21: the shortage is said as every other'
);
select is(
    (select count(*) from inventory.operation_refusals where store_id = test.store('oq-a') and operation = 'sync_all_pending'), 2::bigint, 'T21: and counted'
);
select is(
    (inventory.get_deduction_metrics('oq-a') #> '{last_24h,failed}')::bigint,
    (
        select count(*) from inventory.operation_refusals
        where store_id = test.store('oq-a') and operation in ('deduct_inventory_atomic', 'record_sale', 'process_order_stock_reduction', 'sync_all_pending')
    ), 'T21: among the deductions that failed'
);
select is(test.stock('oq-a', 'oq-7'), 'on_hand -3 reserved 0 version 2', 'a row that might go below zero goes there');
select is(inventory.approve_transaction('p2', 'oq-a', 'boss') ->> 'success', 'true', 'T21: an approval goes by what the row may now');
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-7', 1), 'p6', 'till-1', 26) \gset
select throws_ok(
    $$ update inventory.inventory_stock set allow_negative = false where store_id = test.store('oq-a') and product_id = test.product('oq-7') $$, '23514', null, 'a row below zero stays allowed to be'
);
select inventory.receive_purchase('oq-a', pg_temp.lines('oq-7', 3)) \gset
update inventory.inventory_stock set allow_negative = false where store_id = test.store('oq-a') and product_id = test.product('oq-7');
select is(
    pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 1 to approve, 0 left: p6 insufficient_stock', 'Q2: no row goes below zero that may not now, whatever was queued'
);

-- A row that it would not have taken from when it was queued: nobody has said that it might go below zero for this sale.
select inventory.set_conversion_mapping('oq-a', 'Dough', 'piece', 'oq-2', 1), inventory.receive_purchase('oq-a', pg_temp.lines('oq-2', 10)) \gset
insert into inventory.inventory_stock (store_id, product_id, on_hand, allow_negative) values (test.store('oq-a'), test.product('oq-15'), 1, true);
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-1', 1), 'p7', 'till-1', 27) \gset
select inventory.set_conversion_mapping('oq-a', 'Dough', 'piece', 'oq-15', 1) \gset
select inventory.sync_all_pending('oq-a') as answer \gset
select is(pg_temp.synced(:'answer'), '0 synced, 1 to approve, 0 left: p7 insufficient_stock', 'T21: what a changed mapping takes from was not allowed to go below zero when it was queued');
select is(test.stock('oq-a', 'oq-15'), 'on_hand 1 reserved 0 version 1', 'T21: and does not go there');
select is(inventory.approve_transaction('p7', 'oq-a', 'boss') ->> 'success', 'true', 'T21: unless somebody decides so');
select inventory.receive_purchase('oq-a', pg_temp.lines('oq-15', 9)), inventory.queue_transaction('oq-a', pg_temp.lines('oq-1', 1), 'p8', 'till-1', 28),
    inventory.set_conversion_mapping('oq-a', 'Dough', 'piece', 'oq-2', 1) \gset
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '1 synced, 0 to approve, 0 left: p8 synced', 'T21: where enough is there it matters to nobody');

-- What has expired is on hand and not there: the row may not be taken below what is left without it.
select test.store('oq-x') as store_id, test.product('oq-13') as product_id \gset
select inventory.set_lot_policy('oq-13', 'fefo') \gset
select inventory.receive_purchase('oq-x', jsonb_build_array(
    jsonb_build_object('sku', 'oq-13', 'quantity', 5, 'expires_on', current_date - 1, 'unit_cost', 2), jsonb_build_object('sku', 'oq-13', 'quantity', 1, 'unit_cost', 3)
)) \gset
select inventory.queue_transaction('oq-x', pg_temp.lines('oq-13', 1), 'e1', 'till-1', 1, occurred_at => now() + interval '1 s'),
    inventory.queue_transaction('oq-x', pg_temp.lines('oq-13', 3), 'e2', 'till-1', 2, occurred_at => now() + interval '2 s') \gset
update inventory.inventory_stock set allow_negative = true where store_id = :store_id and product_id = :product_id;
select inventory.sync_all_pending('oq-x') as answer \gset
select is(pg_temp.synced(:'answer'), '1 synced, 1 to approve, 0 left: e1 synced, e2 insufficient_stock', 'what has expired keeps no row above zero');
select is(
    :'answer'::jsonb #>> '{transactions,1,errors,0,message}', 'Insufficient stock of oq-13 in oq-x: Need 3, Have 0 (Short: 3)', 'nor is it said to be there'
);
select is(test.lots('oq-x', 'oq-13'), '- expired 5 at 10', 'and lots owe nothing');

-- What went meanwhile, bounds, and a queue of many.
select inventory.set_unit('dozen', 12, 1, 'oq-8');
select inventory.receive_purchase('oq-a', '[{"sku": "oq-8", "quantity": 100}, {"sku": "oq-9", "quantity": 1}]') \gset
select inventory.queue_transaction('oq-a', pg_temp.lines('oq-8', 1), 'm1', 'till-3', 1, occurred_at => '2026-01-02 01:00+00'),
    inventory.queue_transaction('oq-a', pg_temp.lines('oq-10', 1), 'm2', 'till-3', 2, occurred_at => '2026-01-02 02:00+00'),
    inventory.queue_transaction('oq-a', pg_temp.lines('oq-8', 1), 'm3', 'till-3', 4, occurred_at => '2026-01-02 03:00+00'),
    inventory.queue_transaction('oq-a', pg_temp.lines('oq-11', 1), 'm4', 'till-3', 5, occurred_at => '2026-01-02 04:00+00') \gset
delete from inventory.products where sku in ('oq-10', 'oq-11');
select is(
    pg_temp.synced(inventory.sync_all_pending('oq-a', "limit" => 3)), '2 synced, 1 to approve, 1 left: m1 synced, m2 insufficient_stock, m3 synced',
    'one whose product is gone keeps no other waiting'
);
select is(
    (select errors from inventory.offline_transaction_queue where transaction_id = 'm2'),
    '[{"code": "not_possible", "message": "line 1: the product that was \"oq-10\" when it was sold is gone", "detail": "SD006", "hint": "Approve it with other lines, or reject it."}]', 'and says why'
);
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '0 synced, 1 to approve, 0 left: m4 insufficient_stock', 'what a call leaves is done by the next, also when nothing else is');
select is(inventory.approve_transaction('m2', 'oq-a', 'boss', pg_temp.lines('oq-8', 1)) ->> 'success', 'true', 'it may be approved with other lines');
select inventory.queue_transaction('oq-a', (select jsonb_agg('{"sku": "oq-8", "quantity": 0.001}'::jsonb) from generate_series(1, 5001)), 'l' || n, 'till-3', 100 + n,
    occurred_at => now() + n * interval '1 s') from generate_series(1, 2) as n;
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '1 synced, 0 to approve, 1 left: l1 synced', 'a call takes 10 000 lines at most');
select is(pg_temp.synced(inventory.sync_all_pending('oq-a')), '1 synced, 0 to approve, 0 left: l2 synced', 'and the next one the others');

-- Metrics
select is(
    inventory.get_queue_metrics('oq-a') - '{oldest_insufficient_stock_at}'::text[],
    '{
        "store": "oq-a", "pending": 0, "insufficient_stock": 5, "synced": 16, "approved": 8, "rejected": 4, "oldest_pending_at": null,
        "last_24h": {"queued": 33, "synced": 16, "needs_approval": 12, "approval_refused": 4, "approved": 8, "rejected": 4},
        "devices": [{"device": "till-1", "last_sequence": 28, "missing": 5}, {"device": "till-3", "last_sequence": 102, "missing": 96}]
    }', 'the metrics count the queue by status, what was decided, and uploads that are missing'
);
select is(
    (inventory.get_queue_metrics('oq-a') ->> 'oldest_insufficient_stock_at')::timestamptz,
    (select min(queued_at) from inventory.offline_transaction_queue where status = 'insufficient_stock' and store_id = test.store('oq-a')), 'and say since when somebody waits'
);
select isnt(inventory.get_queue_metrics('oq-b') ->> 'oldest_pending_at', null, 'also for a sync');
select throws_ok($$ select inventory.get_queue_metrics('oq-none') $$, 'SD006', null, 'an unknown store has none');

-- The table
select col_is_unique('inventory', 'offline_transaction_queue', array['store_id', 'transaction_id'], 'a transaction is queued once per store');
select has_index('inventory', 'offline_transaction_queue', 'idx_queue_store_status', array['store_id', 'status'], 'the queue is found by store and status');
select throws_ok(
    $$ update inventory.offline_transaction_queue set status = 'lost' $$, '23514', null, 'a status is pending, insufficient_stock, approved, rejected or synced'
);
select is_empty(
    $$
        select q.transaction_id, q.status
        from inventory.offline_transaction_queue as q
        where q.status <> (
            select case d.decision when 'queued' then case q.cause when 'offline' then 'pending' else q.cause end when 'needs_approval' then 'insufficient_stock' else d.decision end
            from inventory.offline_queue_decisions as d
            where d.queue_id = q.queue_id and d.decision <> 'approval_refused'
            order by d.decision_id desc
            limit 1
        )
    $$, 'every status is that of its last decision'
);
select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
