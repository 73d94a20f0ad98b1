-- Reservations in one session; tests/system/engine has several at once.
begin;
select no_plan();

select test.store('rs-a'), test.store('rs-b'), test.product('rs-1'), test.product('rs-2'), test.product('rs-3'), test.product('rs-4'), test.product('rs-5');
update inventory.products set pieces_per_pack = 3, packs_per_box = 2 where sku = 'rs-2';

-- 'rs-1 2', 'rs-2 1 box' and so on.
create function pg_temp.lines(variadic in_lines text[]) returns jsonb language sql as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'sku', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::numeric, 'unit', nullif(split_part(l, ' ', 3), '')
    )) order by o)
    from unnest(in_lines) with ordinality as u (l, o)
$$;
-- What an answer says: kinds and changes, or the errors.
create function pg_temp.said(in_answer jsonb) returns text language sql as $$
    select case when in_answer -> 'success' = 'true' then coalesce(
        (
            select string_agg(format('%s %s %s/%s', m ->> 'sku', m ->> 'kind', m ->> 'on_hand_delta', m ->> 'reserved_delta'), ', ' order by o)
            from jsonb_array_elements(in_answer -> 'movements') with ordinality as e (m, o)
        ), 'nothing moved'
    ) else (select string_agg(format('%s: %s', m ->> 'code', m ->> 'message'), '; ' order by o) from jsonb_array_elements(in_answer -> 'errors') with ordinality as e (m, o)) end
$$;
-- What is left of an order, as an answer says it.
create function pg_temp.left_of(in_answer jsonb) returns text language sql as $$
    select coalesce(string_agg(format('%s %s %s %s (%s)', m ->> 'sku', m ->> 'state', m ->> 'quantity', m ->> 'unit', m ->> 'units'), ', ' order by o), 'nothing')
    from jsonb_array_elements(in_answer #> '{reservation,lines}') with ordinality as e (m, o)
$$;
-- The holds of an order, all that ever were.
create function pg_temp.holds(in_order text) returns text language sql as $$
    select string_agg(format('%s %s%s', p.sku, h.state, case when h.is_settled then '' else ' open' end), ', ' order by h.hold_id)
    from inventory.stock_holds as h join inventory.stock_reservations as r using (reservation_id) join inventory.products as p using (product_id)
    where r.order_code = in_order
$$;
create function pg_temp.stock(in_sku text, in_store text default 'rs-a') returns text language sql as $$
    select format('%s/%s', s.on_hand, s.reserved) from inventory.inventory_stock as s
    where s.store_id = test.store(in_store) and s.product_id = test.product(in_sku)
$$;
create function pg_temp.let_time_pass(in_order text) returns void language sql as $$
    update inventory.stock_holds as h set expires_at = clock_timestamp() - interval '1 second'
    from inventory.stock_reservations as r
    where r.reservation_id = h.reservation_id and r.order_code = in_order
$$;

select inventory.receive_purchase('rs-a', pg_temp.lines('rs-1 10', 'rs-2 20', 'rs-3 5'));

-- Reserve
select inventory.reserve_stock('o1', 'rs-a', '[{"sku": "rs-1", "quantity": 4, "price": 2.5}, {"sku": "rs-2", "quantity": 1, "unit": "box"}]', interval '1 hour',
    party => 'Ana', reason => 'web', actor => 'shop') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 reservation 0/4, rs-2 reservation 0/6', 'reserving sets aside whole base units');
select is(pg_temp.left_of(:'answer'), 'rs-1 held 4 piece (4), rs-2 held 1 box (6)', 'and says what the order holds');
select is(:'answer'::jsonb #>> '{document,kind}' || ' ' || (:'answer'::jsonb #>> '{document,reference}'), 'order o1', 'by a document of kind order, named like the order');
select is((:'answer'::jsonb #>> '{reservation,expires_at}')::timestamptz > now() + interval '59 minutes', true, 'until its time to live is over');
select is(test.stock('rs-a', 'rs-1'), 'on_hand 10 reserved 4 version 2', 'the stock row says so');
select results_eq(
    $$ select l.kind, l.reserved_delta, l.reserved_after, l.reference, l.actor, l.reason, d.party, l.document_id = d.document_id
       from inventory.stock_ledger as l join inventory.stock_documents as d using (document_id) where l.product_id = test.product('rs-1') and l.kind <> 'purchase' $$,
    $$ values ('reservation', 4::bigint, 4::bigint, 'o1', 'shop', 'web', 'Ana', true) $$, 'its movement says who, why and for which order'
);
select results_eq(
    $$ select lines from inventory.list_documents('rs-a', kind => 'order') $$,
    $$ values ('[{"sku": "rs-1", "line": 1, "unit": "piece", "price": 2.5, "version": 2, "quantity": 4}, {"sku": "rs-2", "line": 2, "unit": "box", "version": 2, "quantity": 1}]'::jsonb) $$,
    'the lines of the document name their movements'
);
select is(
    pg_temp.said(inventory.reserve_stock('o2', 'rs-a', pg_temp.lines('rs-1 7', 'rs-2 1', 'rs-3 6'))),
    'insufficient_stock: Insufficient stock of rs-1 in rs-a: Need 7, Have 6 (Short: 1); insufficient_stock: Insufficient stock of rs-3 in rs-a: Need 6, Have 5 (Short: 1)',
    'what is short is refused, all of it at once'
);
select is(pg_temp.holds('o2'), null, 'and nothing is held then');
select is((select count(*) from inventory.stock_reservations where order_code = 'o2'), 0::bigint, 'no order is made either');
select is(
    pg_temp.said(inventory.reserve_stock('o2', 'rs-a', pg_temp.lines('rs-1 4', 'rs-1 3'))),
    'insufficient_stock: Insufficient stock of rs-1 in rs-a: Need 7, Have 6 (Short: 1)', 'T2: two lines of one product are short by their sum'
);
select is(
    inventory.reserve_stock('o2', 'rs-a', pg_temp.lines('rs-1 4', 'rs-2 1', 'rs-1 3')) #> '{errors,0,lines}', '[1, 3]', 'T2: and both are named'
);
select is(
    pg_temp.said(inventory.record_sale('rs-a', pg_temp.lines('rs-1 7'))), 'insufficient_stock: Insufficient stock of rs-1 in rs-a: Need 7, Have 6 (Short: 1)',
    'what is reserved is not sold'
);
select is(
    pg_temp.said(inventory.reserve_stock('o1', 'rs-b', pg_temp.lines('rs-1 1'))),
    'insufficient_stock: Insufficient stock of rs-1 in rs-b: Need 1, Have 0 (Short: 1)', 'T4: what other stores have does not count'
);
select throws_ok($$ delete from inventory.inventory_stock where store_id = test.store('rs-a') $$, 'SD008', null, 'a reserved stock row is not taken away');

-- The order's own hold
select inventory.reserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 10'), interval '1 hour') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 reservation 0/6, rs-2 release 0/-6', 'T12: what the order holds does not count against it');
select is(pg_temp.left_of(:'answer'), 'rs-1 held 10 piece (10)', 'and is replaced');
select is(
    pg_temp.said(inventory.reserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 11'))),
    'insufficient_stock: Insufficient stock of rs-1 in rs-a: Need 11, Have 10 (Short: 1)', 'T12: what it has counts as there'
);
select is(pg_temp.stock('rs-1'), '10/10', 'after a refusal it holds what it held');
select is(pg_temp.said(inventory.reserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 10'))), 'nothing moved', 'the same again only says how long');
select is(pg_temp.said(inventory.reserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 2', 'rs-1 1', 'rs-2 0.5'))), 'rs-1 release 0/-7, rs-2 reservation 0/1', 'less is given back; for a half one is set aside');
select is(pg_temp.holds('o1'), 'rs-1 held open, rs-2 released, rs-2 held open', 'each hold leaves its state once');
select is(pg_temp.stock('rs-1') || ' ' || pg_temp.stock('rs-2'), '10/3 20/1', 'reserved is the sum of what is held');

-- Give back
select inventory.unreserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 1', 'rs-2 0.25'), reason => 'changed') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 release 0/-1', 'some of it is given back; a quarter still needs its unit');
select is(pg_temp.left_of(:'answer'), 'rs-1 held 2 piece (2), rs-2 held 0.25 piece (1)', 'and the rest stays');
select is(
    pg_temp.said(inventory.unreserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 3', 'rs-2 0.25', 'rs-3 1'))),
    'exceeds_reservation: Order o1 has less of rs-1 reserved in rs-a: Need 3, Have 2; exceeds_reservation: Order o1 has less of rs-3 reserved in rs-a: Need 1, Have 0',
    'T11: more than is held is refused and not cut'
);
select is(pg_temp.stock('rs-1'), '10/2', 'T11: with no effect');
select is(
    pg_temp.said(inventory.unreserve_stock('o1', 'rs-a', pg_temp.lines('rs-1 1', 'rs-1 2'))),
    'exceeds_reservation: Order o1 has less of rs-1 reserved in rs-a: Need 3, Have 2', 'T2: by the sum of its lines'
);
select is(pg_temp.said(inventory.unreserve_stock('o1', 'rs-a')), 'rs-1 release 0/-2, rs-2 release 0/-1', 'all of it is given back');
select results_eq(
    $$ select kind, reserved_delta, reason, reference, document_id is not null from inventory.stock_ledger where product_id = test.product('rs-1') and reason = 'changed' $$,
    $$ values ('release', -1::bigint, 'changed', 'o1', true) $$, 'its movement says why, and of which order'
);
select inventory.unreserve_stock('o1', 'rs-a') as answer \gset
select is(pg_temp.said(:'answer'), 'not_reserved: Order o1 has nothing reserved in rs-a', 'T11: released twice is refused');
select is(:'answer'::jsonb #>> '{errors,0,detail}', 'What it had was released.', 'T11: and what became of it is said');
select is(pg_temp.said(inventory.process_order_stock_reduction('o1', 'rs-a')), 'not_reserved: Order o1 has nothing reserved in rs-a', 'T11: committed after it was released is refused');
select is(pg_temp.said(inventory.process_order_stock_reduction('o1', 'rs-a', pg_temp.lines('rs-1 1'))), 'not_reserved: Order o1 has nothing reserved in rs-a', 'T11: with lines, too');
select is(pg_temp.said(inventory.extend_reservation('o1', 'rs-a')), 'not_reserved: Order o1 has nothing reserved in rs-a', 'T11: and prolonged');
select is(inventory.unreserve_stock('never', 'rs-a') #>> '{errors,0,detail}', 'It never had.', 'an order that never reserved anything');
select is(pg_temp.said(inventory.unreserve_stock('o1', 'rs-b')), 'not_reserved: Order o1 has nothing reserved in rs-b', 'an order belongs to its store');
select is(pg_temp.stock('rs-1') || ' ' || pg_temp.stock('rs-2'), '10/0 20/0', 'nothing is left set aside');

-- Pay: whole
select inventory.reserve_stock('o3', 'rs-a', '[{"sku": "rs-1", "quantity": 4, "price": 2.5}, {"sku": "rs-2", "quantity": 2, "unit": "pack"}]', party => 'Ben');
select inventory.process_order_stock_reduction('o3', 'rs-a') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 sale -4/-4, rs-2 sale -6/-6', 'a paid order takes what it holds');
select is(:'answer'::jsonb -> 'shortfall', '[]', 'all of it');
select is(pg_temp.stock('rs-1') || ' ' || pg_temp.stock('rs-2'), '6/0 14/0', 'from the stock and from what was set aside');
select is(pg_temp.holds('o3'), 'rs-1 committed, rs-2 committed', 'its holds are committed');
select results_eq(
    $$ select d.document_kind, d.party, d.lines, o.document_kind from inventory.list_documents('rs-a', reference => 'o3', kind => 'sale') as d
       join inventory.list_documents('rs-a', reference => 'o3') as o on o.document_id = d.original_document_id $$,
    $$ values ('sale', 'Ben', '[{"sku": "rs-1", "line": 1, "unit": "piece", "price": 2.5, "version": 8, "quantity": 4}, {"sku": "rs-2", "line": 2, "unit": "pack", "version": 7, "quantity": 2}]'::jsonb, 'order') $$,
    'by a document of kind sale, with the prices and the customer of the order'
);
select is(pg_temp.said(inventory.process_order_stock_reduction('o3', 'rs-a')), 'not_reserved: Order o3 has nothing reserved in rs-a', 'T11: committed twice is refused');
select is(inventory.process_order_stock_reduction('o3', 'rs-a') #>> '{errors,0,state}', 'committed', 'T11: and what became of it is said');
select is(pg_temp.said(inventory.unreserve_stock('o3', 'rs-a')), 'not_reserved: Order o3 has nothing reserved in rs-a', 'T11: released after it was committed is refused');
select is(pg_temp.said(inventory.return_sale('rs-a', pg_temp.lines('rs-1 1'), 'o3')), 'rs-1 return 1/0', 'what was taken can be returned by the order');

-- Pay: in part
select inventory.reserve_stock('o4', 'rs-a', pg_temp.lines('rs-1 5', 'rs-2 1 box', 'rs-3 2'));
select inventory.process_order_stock_reduction('o4', 'rs-a', pg_temp.lines('rs-1 2', 'rs-2 4'), 'keep') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 sale -2/-2, rs-2 sale -4/-4', 'in part: takes what is paid');
select is(pg_temp.left_of(:'answer'), 'rs-1 held 3 piece (3), rs-2 held 0.333333333 box (2), rs-3 held 2 piece (2)', 'and keeps the rest, as asked');
select is(pg_temp.stock('rs-1') || ' ' || pg_temp.stock('rs-2') || ' ' || pg_temp.stock('rs-3'), '5/3 10/2 5/2', 'which stays set aside');
select inventory.process_order_stock_reduction('o4', 'rs-a', pg_temp.lines('rs-1 1', 'rs-2 2')) as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 sale -1/-1, rs-2 sale -2/-2, rs-1 release 0/-2, rs-3 release 0/-2', 'or gives the rest back');
select is(pg_temp.holds('o4'), 'rs-1 committed, rs-2 committed, rs-3 released', 'each hold ends once');
select is(pg_temp.stock('rs-1') || ' ' || pg_temp.stock('rs-2') || ' ' || pg_temp.stock('rs-3'), '4/0 8/0 5/0', 'nothing stays set aside');

-- Pay: two lines of one product, and more than was reserved
select inventory.reserve_stock('o5', 'rs-a', pg_temp.lines('rs-1 2'));
select inventory.process_order_stock_reduction('o5', 'rs-a', pg_temp.lines('rs-1 1', 'rs-1 2', 'rs-3 1')) as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 sale -1/-2, rs-1 sale -2/0, rs-3 sale -1/0', 'what was not reserved is taken from what is available');
select is(pg_temp.stock('rs-1') || ' ' || pg_temp.stock('rs-3'), '1/0 4/0', 'all of it');

-- Expiry
select inventory.reserve_stock('o6', 'rs-a', pg_temp.lines('rs-3 3', 'rs-1 1'), actor => 'shop');
select inventory.reserve_stock('o7', 'rs-a', pg_temp.lines('rs-3 1'));
select is(inventory.expire_reservations(), 0::bigint, 'what still holds does not expire');
select pg_temp.let_time_pass('o6');
select is(inventory.expire_reservations(1) || ' ' || inventory.expire_reservations(), '1 1', 'what is over expires, a bounded number per call');
select is(inventory.expire_reservations(), 0::bigint, 'once');
select is(pg_temp.holds('o6') || ', ' || pg_temp.holds('o7'), 'rs-3 expired open, rs-1 expired open, rs-3 held open', 'and nothing else');
select is(pg_temp.stock('rs-3'), '4/1', 'its units are available again');
select results_eq(
    $$ select l.kind, l.reserved_delta, l.reason, l.reference, d.kind, l.occurred_at < l.recorded_at from inventory.stock_ledger as l
       join inventory.stock_documents as d using (document_id) where l.product_id = test.product('rs-3') and l.reason = 'expired' $$,
    $$ values ('release', -3::bigint, 'expired', 'o6', 'order', true) $$, 'by a movement in the name of its order, at the time that it was over'
);
select throws_ok($$ select inventory.expire_reservations(0) $$, '22023', null, 'a limit is a number');
select throws_ok($$ select inventory.expire_reservations(10001) $$, '22023', null, 'of at most 10 000');
select throws_ok($$ select inventory.expire_reservations(null) $$, '22023', null, 'and not null');

-- A paid order whose time was over
select inventory.process_order_stock_reduction('o6', 'rs-a', pg_temp.lines('rs-3 2'), 'keep') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-3 sale -2/0', 'an order that is paid when it has expired takes what is there');
select is(pg_temp.left_of(:'answer'), 'rs-3 expired 1 piece (0), rs-1 expired 1 piece (0)', 'and may be paid for the rest');
select is(pg_temp.said(inventory.process_order_stock_reduction('o6', 'rs-a')), 'rs-3 sale -1/0, rs-1 sale -1/0', 'later');
select is(pg_temp.holds('o6'), 'rs-3 expired, rs-1 expired', 'it stays expired');
select is(pg_temp.said(inventory.process_order_stock_reduction('o6', 'rs-a')), 'not_reserved: Order o6 has nothing reserved in rs-a', 'and is not taken twice');
select inventory.unreserve_stock('o7', 'rs-a');

-- The same with and without expire_reservations()
select inventory.receive_purchase(s, pg_temp.lines('rs-4 5')) from unnest(array['rs-a', 'rs-b']) as s;
select inventory.reserve_stock('o8', s, pg_temp.lines('rs-4 3')) from unnest(array['rs-a', 'rs-b']) as s;
select pg_temp.let_time_pass('o8');
savepoint before;
select inventory.expire_reservations();
select inventory.process_order_stock_reduction('o8', 'rs-a') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-4 sale -3/0', 'T9: with the sweeper running');
select is(pg_temp.holds('o8'), 'rs-4 expired, rs-4 expired open', 'T9: the hold is expired');
select test.movements('rs-a', 'rs-4') as swept \gset
rollback to before;
select is(pg_temp.said(inventory.process_order_stock_reduction('o8', 'rs-a')), 'rs-4 sale -3/0', 'T9: with the sweeper stopped it is the same');
select is(pg_temp.holds('o8'), 'rs-4 expired, rs-4 held open', 'T9: the same hold');
select is(test.movements('rs-a', 'rs-4'), :'swept', 'T9: and the same movements');
select is(pg_temp.said(inventory.extend_reservation('o8', 'rs-b')), 'reservation_expired: The reservation of order o8 in rs-b has expired', 'T9: what is over is not prolonged, sweeper or not');
select is(pg_temp.said(inventory.unreserve_stock('o8', 'rs-b', pg_temp.lines('rs-4 1'))), 'nothing moved', 'T9: and what is given back of it was given back by its expiry');
select is(pg_temp.stock('rs-4', 'rs-b'), '5/0', 'T9: which is recorded then');
select is(pg_temp.said(inventory.unreserve_stock('o8', 'rs-b')), 'nothing moved', 'an order that has expired can be cancelled');
select is(pg_temp.said(inventory.process_order_stock_reduction('o8', 'rs-b')), 'not_reserved: Order o8 has nothing reserved in rs-b', 'and nothing is taken for it then');

-- Shortfall
select inventory.receive_purchase('rs-a', pg_temp.lines('rs-5 6', 'rs-4 10'));
select inventory.reserve_stock('o9', 'rs-a', '[{"sku": "rs-5", "quantity": 5, "price": 9}, {"sku": "rs-4", "quantity": 2}]', party => 'Cem');
select pg_temp.let_time_pass('o9'), inventory.expire_reservations();
select inventory.record_sale('rs-a', pg_temp.lines('rs-5 4'));
select count(*) as events from inventory.inventory_event where type = 'stock_shortfall' \gset
select inventory.process_order_stock_reduction('o9', 'rs-a', '[{"sku": "rs-5", "quantity": 3, "price": 9}, {"sku": "rs-4", "quantity": 2}, {"sku": "rs-5", "quantity": 2, "price": 8}]') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-5 sale -2/0, rs-4 sale -2/0', 'T13: an order that is paid after its stock is gone takes what there is');
select is(
    :'answer'::jsonb -> 'shortfall', '[{"line": 1, "sku": "rs-5", "quantity": 1, "unit": "piece"}, {"line": 3, "sku": "rs-5", "quantity": 2, "unit": "piece"}]',
    'T13: the rest is a shortfall'
);
select is(pg_temp.stock('rs-5'), '0/0', 'T13: nothing goes below zero');
select results_eq(
    $$ select d.party, d.document_reference, d.lines, o.document_kind
       from inventory.list_documents('rs-a', kind => 'shortfall') as d join inventory.list_documents('rs-a') as o on o.document_id = d.original_document_id $$,
    $$ values ('Cem', 'o9', '[{"line": 1, "sku": "rs-5", "unit": "piece", "price": 9, "quantity": 1}, {"line": 2, "sku": "rs-5", "unit": "piece", "price": 8, "quantity": 2}]'::jsonb, 'order') $$,
    'T13: recorded as a document of kind shortfall, of which nothing moved'
);
select is((select document_id from inventory.list_documents('rs-a', kind => 'shortfall')), (:'answer'::jsonb ->> 'shortfall_document')::bigint, 'T13: which the answer names');
select results_eq(
    $$ select e.changes #>> '{0,newValue}', e.changes #>> '{2,newValue}' from inventory.inventory_event as e
       where e.type = 'stock_shortfall' and e.store_id = test.store('rs-a') and e.product_id = test.product('rs-5') order by e.event_seq $$,
    $$ values ('1', 'o9'), ('2', 'o9') $$, 'T13: and as events'
);
select is(
    pg_temp.said(inventory.return_sale('rs-a', pg_temp.lines('rs-5 3'), 'o9')), 'return_exceeds_sale: More of rs-5 is returned to rs-a than was sold and is not returned yet',
    'T13: what the order did not get cannot be returned'
);
select inventory.reserve_stock('o10', 'rs-a', pg_temp.lines('rs-4 1'));
select inventory.process_order_stock_reduction('o10', 'rs-a', pg_temp.lines('rs-5 1 box', 'rs-4 1')) as answer \gset
select is(pg_temp.said(:'answer'), 'rs-4 sale -1/-1', 'T13: a product of which nothing is there');
select inventory.reserve_stock('o11', 'rs-a', pg_temp.lines('rs-4 1'));
select pg_temp.let_time_pass('o11');
select inventory.adjust_stock('rs-a', pg_temp.lines('rs-4 -' || (select available + 0 from inventory.inventory_stock where store_id = test.store('rs-a') and product_id = test.product('rs-4'))), 'gone');
select inventory.expire_reservations(), inventory.record_sale('rs-a', pg_temp.lines('rs-4 1'));
select inventory.process_order_stock_reduction('o11', 'rs-a') as answer \gset
select is(pg_temp.said(:'answer'), 'nothing moved', 'T13: an order of which nothing is there');
select is(:'answer'::jsonb -> 'shortfall', '[{"line": 1, "sku": "rs-4", "quantity": 1, "unit": "piece"}]', 'T13: is short of all of it');
select is(:'answer'::jsonb ? 'document', false, 'T13: and has no document of a sale');
select is(pg_temp.said(inventory.process_order_stock_reduction('o11', 'rs-a')), 'not_reserved: Order o11 has nothing reserved in rs-a', 'T13: that is not tried again');

-- A row that allows it
update inventory.inventory_stock set allow_negative = true where store_id = test.store('rs-a') and product_id = test.product('rs-5');
select is(pg_temp.said(inventory.reserve_stock('o12', 'rs-a', pg_temp.lines('rs-5 2'))), 'rs-5 reservation 0/2', 'a row that allows it is reserved below zero');
select is(pg_temp.said(inventory.process_order_stock_reduction('o12', 'rs-a', pg_temp.lines('rs-5 3'))), 'rs-5 sale -3/-2', 'and taken below zero, without a shortfall');
select is(pg_temp.stock('rs-5'), '-3/0', 'as far as was paid');
select inventory.set_stock('rs-a', pg_temp.lines('rs-5 0'));
update inventory.inventory_stock set allow_negative = false where store_id = test.store('rs-a') and product_id = test.product('rs-5');

-- A reserve that is short reaps
select inventory.set_stock('rs-a', pg_temp.lines('rs-1 4', 'rs-3 4'));
select inventory.reserve_stock('o13', 'rs-a', pg_temp.lines('rs-1 2', 'rs-3 2')), inventory.reserve_stock('o14', 'rs-a', pg_temp.lines('rs-1 1'));
select pg_temp.let_time_pass('o13');
select is(pg_temp.said(inventory.reserve_stock('o15', 'rs-a', pg_temp.lines('rs-1 1'))), 'rs-1 reservation 0/1', 'a reserve that is not short');
select is(pg_temp.holds('o13'), 'rs-1 held open, rs-3 held open', 'reaps nothing');
select is(pg_temp.said(inventory.reserve_stock('o15', 'rs-a', pg_temp.lines('rs-1 3'))), 'rs-1 reservation 0/2', 'one that is short reaps what is over');
select is(pg_temp.holds('o13'), 'rs-1 expired open, rs-3 held open', 'of that product only');
select is(pg_temp.holds('o14'), 'rs-1 held open', 'and nothing that still holds');
select is(
    pg_temp.said(inventory.reserve_stock('o15', 'rs-a', pg_temp.lines('rs-1 4'))), 'insufficient_stock: Insufficient stock of rs-1 in rs-a: Need 4, Have 3 (Short: 1)',
    'what it reaped is not there for more'
);
select pg_temp.let_time_pass('o15');
select is(pg_temp.said(inventory.reserve_stock('o15', 'rs-a', pg_temp.lines('rs-1 2'))), 'rs-1 reservation 0/2', 'an order whose time was over reserves again');
select is(pg_temp.holds('o15'), 'rs-1 expired, rs-1 held open', 'by a new hold');
select inventory.unreserve_stock('o14', 'rs-a'), inventory.unreserve_stock('o15', 'rs-a'), inventory.expire_reservations();

-- Prolong
select inventory.reserve_stock('o16', 'rs-a', pg_temp.lines('rs-1 1', 'rs-3 1'), interval '1 minute');
select inventory.extend_reservation('o16', 'rs-a', interval '2 hours') as answer \gset
select is(pg_temp.said(:'answer'), 'nothing moved', 'T12: a reservation is prolonged');
select is(
    (select bool_and(h.expires_at > clock_timestamp() + interval '119 minutes') from inventory.stock_holds as h join inventory.stock_reservations as r using (reservation_id) where r.order_code = 'o16'),
    true, 'T12: all of it'
);
select is((:'answer'::jsonb #>> '{reservation,expires_at}')::timestamptz > clock_timestamp() + interval '119 minutes', true, 'T12: as the answer says');
select is(
    (inventory.extend_reservation('o16', 'rs-a', interval '1 minute') #>> '{reservation,expires_at}')::timestamptz > clock_timestamp() + interval '119 minutes',
    true, 'never for less than before'
);
select pg_temp.let_time_pass('o16');
select is(pg_temp.said(inventory.extend_reservation('o16', 'rs-a')), 'reservation_expired: The reservation of order o16 in rs-a has expired', 'one that is over is not');
select inventory.expire_reservations();
select is(inventory.extend_reservation('o16', 'rs-a') #>> '{errors,0,detail}', 'Expired: rs-1, rs-3.', 'nor one that has expired');

-- Fractions
select inventory.set_unit('third', 1, 3, sku => 'rs-1'), inventory.set_stock('rs-a', pg_temp.lines('rs-1 1'));
select inventory.reserve_stock('o17', 'rs-a', pg_temp.lines('rs-1 2 third')) as answer \gset
select is(pg_temp.left_of(:'answer'), 'rs-1 held 2 third (1)', 'for two thirds a whole unit is set aside');
select inventory.process_order_stock_reduction('o17', 'rs-a', pg_temp.lines('rs-1 1 third'), 'keep') as answer \gset
select is(pg_temp.said(:'answer'), 'rs-1 sale -1/-1', 'taking a third opens it');
select is(pg_temp.left_of(:'answer'), 'rs-1 held 1 third (0)', 'and of the opened one no unit can be set aside');
select inventory.process_order_stock_reduction('o17', 'rs-a') as answer \gset
select is(pg_temp.said(:'answer') || ' ' || (:'answer'::jsonb -> 'shortfall')::text, 'rs-1 sale 0/0 []', 'the rest is taken from what is left of it');
select results_eq(
    $$ select numerator, denominator from inventory.stock_remainders where store_id = test.store('rs-a') and product_id = test.product('rs-1') $$,
    $$ values (1::numeric, 3::numeric) $$, 'exactly'
);
select inventory.receive_purchase('rs-a', pg_temp.lines('rs-1 3'));
select inventory.reserve_stock('o18', 'rs-a', pg_temp.lines('rs-1 4 third'));
select is(pg_temp.stock('rs-1'), '3/2', 'four thirds set two units aside');
select is(pg_temp.said(inventory.process_order_stock_reduction('o18', 'rs-a', pg_temp.lines('rs-1 1 third'), 'keep')), 'rs-1 sale 0/-1', 'a third is taken from the opened one first');
select is(pg_temp.said(inventory.unreserve_stock('o18', 'rs-a', pg_temp.lines('rs-1 1 third'))), 'nothing moved', 'of three thirds two still need the unit');
select is(pg_temp.said(inventory.unreserve_stock('o18', 'rs-a', pg_temp.lines('rs-1 2 third'))), 'rs-1 release 0/-1', 'and none does not');
select is(pg_temp.stock('rs-1'), '3/0', 'nothing stays set aside');
select inventory.reserve_stock('o19', 'rs-a', pg_temp.lines('rs-1 1'));
select inventory.process_order_stock_reduction('o19', 'rs-a', pg_temp.lines('rs-1 10 third')) as answer \gset
select is(
    pg_temp.stock('rs-1') || ' ' || (:'answer'::jsonb -> 'shortfall')::text, '0/0 [{"sku": "rs-1", "line": 1, "unit": "third", "quantity": 1}]',
    'T13: fractions are taken to the last one, and short by a third'
);

-- Idempotency
select inventory.set_stock('rs-a', pg_temp.lines('rs-2 20', 'rs-3 20'));
select inventory.reserve_stock('o20', 'rs-a', pg_temp.lines('rs-2 2'), interval '5 minutes', idempotency_key => 'k') as first \gset
select is(
    inventory.reserve_stock('o20', 'rs-a', pg_temp.lines('rs-2 2'), interval '00:05', idempotency_key => 'k') - 'replayed' - 'message', :'first'::jsonb - 'replayed',
    'T7: the same reservation again gets the stored answer'
);
select is(
    pg_temp.said(inventory.reserve_stock('o21', 'rs-a', pg_temp.lines('rs-2 3'), idempotency_key => 'k')),
    'idempotency_conflict: idempotency_key "k" was used for another request: lines[1].quantity, order, ttl', 'T7: another one is refused and names the fields'
);
select inventory.extend_reservation('o20', 'rs-a', idempotency_key => 'k') as first \gset
select is(inventory.extend_reservation('o20', 'rs-a', idempotency_key => 'k') - 'replayed' - 'message', :'first'::jsonb - 'replayed', 'T7: prolonging once');
select is(inventory.extend_reservation('o20', 'rs-a', interval '1 hour', idempotency_key => 'k') #> '{errors,0,fields}', '["ttl"]', 'T7: or other');
select inventory.unreserve_stock('o20', 'rs-a', pg_temp.lines('rs-2 1'), idempotency_key => 'k') as first \gset
select is(inventory.unreserve_stock('o20', 'rs-a', pg_temp.lines('rs-2 1'), idempotency_key => 'k') - 'replayed' - 'message', :'first'::jsonb - 'replayed', 'T7: giving back once');
select is(inventory.unreserve_stock('o20', 'rs-a', idempotency_key => 'k') #> '{errors,0,fields}', '["lines"]', 'T7: or other');
select inventory.process_order_stock_reduction('o20', 'rs-a', transaction_id => 'pay 1') as first \gset
select is(
    inventory.process_order_stock_reduction('o20', 'rs-a', transaction_id => 'pay 1', idempotency_key => 'k') - 'replayed' - 'message', :'first'::jsonb - 'replayed',
    'T8: a payment that is told twice is one'
);
select is(inventory.process_order_stock_reduction('o20', 'rs-a', rest => 'keep', transaction_id => 'pay 1') #> '{errors,0,fields}', '["rest"]', 'T8: another one is refused');
select is(pg_temp.stock('rs-2'), '19/0', 'T7: each with one effect');
select is(
    (select count(*) from inventory.inventory_deduction_idempotency where store_id = test.store('rs-a') and scope = 'process_order_stock_reduction'), 0::bigint,
    'a refused request uses no key up'
);

select inventory.reserve_stock('T24', 'rs-a', pg_temp.lines('rs-3 20'), interval '1 minute');
select is((select count(*) from inventory.stock_holds as h join inventory.stock_reservations as r using (reservation_id) where r.order_code = 'T24'), 1::bigint, 'T24: many units are one hold');
select inventory.unreserve_stock('T24', 'rs-a');

-- must()
select throws_ok($$ select inventory.must(inventory.reserve_stock('o22', 'rs-a', pg_temp.lines('rs-3 99'))) $$, 'SD010', 'Insufficient stock of rs-3 in rs-a: Need 99, Have 20 (Short: 79)', 'must() raises what is short');
select throws_ok($$ select inventory.must(inventory.unreserve_stock('o20', 'rs-a')) $$, 'SD020', 'Order o20 has nothing reserved in rs-a', 'must() raises what is not reserved');
select inventory.reserve_stock('o22', 'rs-a', pg_temp.lines('rs-3 1'));
select throws_ok($$ select inventory.must(inventory.unreserve_stock('o22', 'rs-a', pg_temp.lines('rs-3 2'))) $$, 'SD021', 'Order o22 has less of rs-3 reserved in rs-a: Need 2, Have 1', 'must() raises what is too much');
select pg_temp.let_time_pass('o22');
select throws_ok($$ select inventory.must(inventory.extend_reservation('o22', 'rs-a')) $$, 'SD022', 'The reservation of order o22 in rs-a has expired', 'must() raises what has expired');

-- Wrong arguments
select throws_ok(format(c.call, l.lines), c.sqlstate, null, format('%s: %s', c.sqlstate, c.call))
from (values
    ('select inventory.reserve_stock(null, ''rs-a'', %L)', '22004'), ('select inventory.reserve_stock('''', ''rs-a'', %L)', '22023'),
    ('select inventory.reserve_stock(repeat(''x'', 201), ''rs-a'', %L)', '22001'), ('select inventory.reserve_stock(''w'', ''no'', %L)', 'SD006'),
    ('select inventory.reserve_stock(''w'', ''rs-a'', %L, interval ''0'')', '22023'), ('select inventory.reserve_stock(''w'', ''rs-a'', %L, interval ''-1 s'')', '22023'),
    ('select inventory.reserve_stock(''w'', ''rs-a'', %L, interval ''8 days'')', '22023'), ('select inventory.reserve_stock(''w'', ''rs-a'', ''[]'')', '22023'),
    ('select inventory.reserve_stock(''w'', ''rs-a'', ''[{"sku": "rs-1", "quantity": -1}]'')', '22023'),
    ('select inventory.reserve_stock(''w'', ''rs-a'', ''[{"sku": "rs-1", "quantity": 1, "lot": "x"}]'')', '22023'),
    ('select inventory.reserve_stock(''w'', ''rs-a'', %L, party => repeat(''x'', 501))', '22001'),
    ('select inventory.extend_reservation(null, ''rs-a'')', '22004'), ('select inventory.extend_reservation(''w'', ''rs-a'', interval ''0'')', '22023'),
    ('select inventory.unreserve_stock(null, ''rs-a'')', '22004'), ('select inventory.unreserve_stock(''w'', ''rs-a'', ''[]'')', '22023'),
    ('select inventory.unreserve_stock(''w'', ''rs-a'', ''[{"sku": "rs-1", "quantity": 1, "price": 1}]'')', '22023'),
    ('select inventory.process_order_stock_reduction(null, ''rs-a'')', '22004'),
    ('select inventory.process_order_stock_reduction(''w'', ''rs-a'', rest => ''burn'')', '22023'), ('select inventory.process_order_stock_reduction(''w'', ''rs-a'', rest => null)', '22023'),
    ('select inventory.process_order_stock_reduction(''w'', ''rs-a'', ''{}'')', '22023'), ('select inventory.process_order_stock_reduction(''w'', ''rs-a'', party => repeat(''x'', 501))', '22001')
) as c (call, sqlstate)
cross join (values ('[{"sku": "rs-1", "quantity": 1}]')) as l (lines);

-- Settings
update inventory.settings set value = '1' where name = 'reservation_minutes_max';
select is(
    (inventory.reserve_stock('o23', 'rs-a', pg_temp.lines('rs-2 1')) #>> '{reservation,expires_at}')::timestamptz <= clock_timestamp() + interval '1 minute', true,
    'the longest time is a setting, and the usual one not longer'
);
select throws_ok($$ select inventory.reserve_stock('o23', 'rs-a', pg_temp.lines('rs-2 1'), interval '61 s') $$, '22023', null, 'that is checked');
update inventory.settings set value = '60' where name like 'reservation_minutes%';
select is(
    (inventory.reserve_stock('o23', 'rs-a', pg_temp.lines('rs-2 1')) #>> '{reservation,expires_at}')::timestamptz > clock_timestamp() + interval '59 minutes', true,
    'so is the usual one'
);
select throws_ok($$ update inventory.settings set value = '0' where name = 'reservation_minutes' $$, '23514', null, 'of a minute at least');
select throws_ok($$ update inventory.settings set value = '525601' where name = 'reservation_minutes_max' $$, '23514', null, 'and a year at most');

-- What ended does not end again, whoever asks
select inventory.reserve_stock('o24', 'rs-a', pg_temp.lines('rs-2 1')), inventory.process_order_stock_reduction('o24', 'rs-a');
select pg_temp.let_time_pass('o24');
select array_agg(h.hold_id) as ids from inventory.stock_holds as h join inventory.stock_reservations as r using (reservation_id) where r.order_code = 'o24' \gset
select is(inventory._expire_holds(:'ids', 'x', null), 0::bigint, 'a committed hold does not expire');
select inventory._change_holds(array(select (i, 'released', true, 5, null, null)::inventory.hold_change from unnest(:'ids'::bigint[]) as i));
select is(pg_temp.holds('o24'), 'rs-2 committed', 'nor is it released');
select inventory.reserve_stock('o24', 'rs-a', pg_temp.lines('rs-2 1'));
select array_agg(h.hold_id) as ids from inventory.stock_holds as h where h.state = 'held' and h.reservation_id = (select reservation_id from inventory.stock_reservations where order_code = 'o24') \gset
select is(inventory._expire_holds(:'ids', 'x', null), 0::bigint, 'one whose time is not over does not expire');
select pg_temp.let_time_pass('o24');
-- As the engine, whose changes nobody else records.
set local role inventory_engine;
select inventory._expire_holds(:'ids', 'x', null) as expired \gset
reset role;
select is(:expired, 1, 'then it does');
select inventory._change_holds(array(select (i, 'committed', true, null, null, null)::inventory.hold_change from unnest(:'ids'::bigint[]) as i));
select is(pg_temp.holds('o24'), 'rs-2 committed, rs-2 expired open', 'an expired one is not committed');
select throws_ok(
    format($$ insert into inventory.stock_holds (reservation_id, store_id, product_id, units, numerator, denominator, quantity, unit, unit_numerator, unit_denominator, expires_at)
        select reservation_id, store_id, product_id, units, numerator, denominator, quantity, unit, unit_numerator, unit_denominator, expires_at from inventory.stock_holds where hold_id = any (%L) $$, :'ids'),
    '23505', null, 'an order has one open hold of a product'
);

-- Many that expire at once, of several products
select inventory.set_stock('rs-b', pg_temp.lines('rs-1 2000', 'rs-2 2000'));
select count(inventory.reserve_stock('many ' || n, 'rs-b', pg_temp.lines('rs-1 1', 'rs-2 1'))) from generate_series(1, 150) as n;
update inventory.stock_holds set expires_at = clock_timestamp() - interval '1 second' where store_id = test.store('rs-b') and state = 'held';
select is(
    inventory.expire_reservations(100) || ' ' || inventory.expire_reservations(100) || ' ' || inventory.expire_reservations(100), '100 100 100',
    'T10: many that expire together go by bounded batches'
);
select inventory.expire_reservations();
select is(pg_temp.stock('rs-1', 'rs-b') || ' ' || pg_temp.stock('rs-2', 'rs-b'), '2000/0 2000/0', 'T10: until all is available again');

select is_empty(
    $$ select * from inventory.stock_holds where state not in ('held', 'committed', 'released', 'expired') or state in ('committed', 'released') and not is_settled or state = 'held' and is_settled $$,
    'every hold is held, or ended once'
);
select is_empty('select test.reservation_contradictions()', 'Q1: reserved is what is held');
select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
