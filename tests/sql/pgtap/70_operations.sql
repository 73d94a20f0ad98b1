-- The operations: receive, sell, return, adjust, set; their answers, refusals and errors. T numbers are those of the field's bugs.
begin;
select no_plan();

select test.store('op-a'), test.store('op-b');
select test.product('op-' || n) from generate_series(1, 9) as n;
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
-- Lines as "SKU quantity unit", so that a case reads on one line.
create function pg_temp.lines(variadic in_lines text[]) returns jsonb language sql as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'sku', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::numeric, 'unit', nullif(split_part(l, ' ', 3), '')
    )) order by place)
    from unnest(in_lines) with ordinality as x (l, place)
$$;
create function pg_temp.moved(in_answer jsonb) returns text language sql as $$
    select string_agg(format('%s %s %s>%s v%s', m ->> 'line', m ->> 'sku', m ->> 'on_hand_delta', m ->> 'on_hand', m ->> 'version'), ', ')
    from jsonb_array_elements(in_answer -> 'movements') as m
$$;
create function pg_temp.said(in_answer jsonb) returns text language sql as $$
    select string_agg(e ->> 'message', '; ') from jsonb_array_elements(in_answer -> 'errors') as e
$$;

-- Receive
select inventory.receive_purchase('op-a', pg_temp.lines('op-1 10', 'op-2 5', 'op-1 2'), reference => 'PO 1', party => 'Mill') as answer \gset
select is(pg_temp.moved(:'answer'), '1 op-1 10>10 v1, 2 op-2 5>5 v1, 3 op-1 2>12 v2', 'receiving answers with movements, balances and versions');
select is(
    :'answer'::jsonb - '{movements,document,ticket}'::text[],
    '{"success": true, "replayed": false, "errors": [], "operation": "receive_purchase", "store": "op-a"}',
    'an answer says what was done and where'
);
select is(:'answer'::jsonb ->> 'ticket', inventory.ticket(), 'and has the ticket of its transaction');
select is(test.movements('op-a', 'op-1'), '1:purchase +10>10, 2:purchase +2>12', 'receiving writes movements');
select is(test.stock('op-a', 'op-2'), 'on_hand 5 reserved 0 version 1', 'and makes the stock rows');
select results_eq(
    $$ select document_kind, document_reference, party, jsonb_array_length(lines) from inventory.list_documents('op-a') $$,
    $$ values ('purchase', 'PO 1', 'Mill', 3) $$, 'receiving writes a document with its lines'
);
select is(
    (select array_agg(distinct l.document_id) from inventory.stock_ledger as l where l.store_id = test.store('op-a')),
    array[(:'answer'::jsonb #>> '{document,id}')::bigint], 'movements name their document'
);

-- Sell
select is(pg_temp.moved(inventory.record_sale('op-a', pg_temp.lines('op-1 2'))), '1 op-1 -2>10 v3', 'a sale of one line');
select is(
    pg_temp.moved(inventory.record_sale('op-a', pg_temp.lines('op-2 1', 'op-1 1', 'op-2 1'))), '1 op-2 -1>4 v2, 2 op-1 -1>9 v4, 3 op-2 -1>3 v3',
    'a sale of several lines, in their order'
);
select is(
    pg_temp.said(inventory.record_sale('op-a', pg_temp.lines('op-2 5'))), 'Insufficient stock of op-2 in op-a: Need 5, Have 3 (Short: 2)',
    'a sale that is short is refused in the words that people know'
);
select is(
    inventory.record_sale('op-a', pg_temp.lines('op-2 5')) - 'ticket',
    '{
        "success": false, "replayed": false, "operation": "record_sale", "store": "op-a", "movements": [],
        "errors": [{
            "code": "insufficient_stock", "message": "Insufficient stock of op-2 in op-a: Need 5, Have 3 (Short: 2)",
            "detail": "Counted in piece; asked for by line 1.", "hint": "Receive stock first, or set allow_negative for this row.",
            "store": "op-a", "sku": "op-2", "unit": "piece", "need": 5, "have": 3, "short": 2, "lines": [1]
        }]
    }', 'a refusal says the same in fields'
);
select is(
    pg_temp.said(inventory.record_sale('op-a', pg_temp.lines('op-2 2', 'op-1 1', 'op-2 2'))), 'Insufficient stock of op-2 in op-a: Need 4, Have 3 (Short: 1)',
    'T2: two lines of one stock row are checked as their sum'
);
select is(
    pg_temp.said(inventory.record_sale('op-a', pg_temp.lines('op-2 9', 'op-1 99', 'op-3 1'))),
    'Insufficient stock of op-2 in op-a: Need 9, Have 3 (Short: 6); Insufficient stock of op-1 in op-a: Need 99, Have 9 (Short: 90); '
        'Insufficient stock of op-3 in op-a: Need 1, Have 0 (Short: 1)',
    'every shortage is in one answer'
);
select is(test.stock('op-a', 'op-1'), 'on_hand 9 reserved 0 version 4', 'nothing of a refused sale moves');
select is(test.stock('op-a', 'op-3'), null, 'a refused sale makes no stock row');
select is(
    (select count(*) from inventory.stock_documents where store_id = test.store('op-a')), 3::bigint, 'a refused sale leaves no document'
);
select inventory.receive_purchase('op-b', pg_temp.lines('op-2 100'));
select is(
    pg_temp.said(inventory.record_sale('op-a', pg_temp.lines('op-2 4'))), 'Insufficient stock of op-2 in op-a: Need 4, Have 3 (Short: 1)',
    'T4: what other stores have does not count'
);
select results_eq(
    $$ select operation, code, count(*) from inventory.operation_refusals where store_id = test.store('op-a') group by 1, 2 $$,
    $$ values ('record_sale', 'insufficient_stock', 5::bigint) $$, 'refusals are recorded'
);
update inventory.inventory_stock set allow_negative = true where store_id = test.store('op-a') and product_id = test.product('op-2');
select is(pg_temp.moved(inventory.record_sale('op-a', pg_temp.lines('op-2 4'))), '1 op-2 -4>-1 v4', 'a row that allows it goes below zero');
select is(
    pg_temp.moved(inventory.record_sale('op-a', pg_temp.lines('op-2 1', 'op-1 1'))), '1 op-2 -1>-2 v5, 2 op-1 -1>8 v5',
    'with others that do not'
);
update inventory.inventory_stock set reserved = 6 where store_id = test.store('op-a') and product_id = test.product('op-1');
select is(
    pg_temp.said(inventory.record_sale('op-a', pg_temp.lines('op-1 3'))), 'Insufficient stock of op-1 in op-a: Need 3, Have 2 (Short: 1)',
    'what is reserved is not sold'
);
update inventory.inventory_stock set reserved = 0 where store_id = test.store('op-a') and product_id = test.product('op-1');

select inventory.receive_purchase('op-a', pg_temp.lines('op-4 5000'));
select inventory.record_sale('op-a', pg_temp.lines('op-4 5000'), reference => 'T24') \gset
select is(
    (select count(*) from inventory.stock_ledger where reference = 'T24')
        + (select count(*) from inventory.stock_document_lines as l join inventory.stock_documents as d using (document_id) where d.reference = 'T24'),
    2::bigint, 'T24: a line of 5 000 units is one movement and one line of a document'
);

-- must()
select is(pg_temp.moved(inventory.must(inventory.record_sale('op-a', pg_temp.lines('op-1 1')))), '1 op-1 -1>7 v8', 'must() returns what was done');
select throws_ok(
    $$ select inventory.must(inventory.record_sale('op-a', pg_temp.lines('op-1 8'))) $$, 'SD010',
    'Insufficient stock of op-1 in op-a: Need 8, Have 7 (Short: 1)', 'must() raises what was refused'
);
select throws_ok($$ select inventory.must('{}') $$, '22023', null, 'must() wants an answer');
select throws_ok(format($$ select inventory.must('{"success": false, "errors": [{"code": "%s", "message": "m"}]}') $$, c.code), c.sqlstate, 'm', 'must() knows ' || c.code)
from (values
    ('insufficient_stock', 'SD010'), ('version_conflict', 'SD011'), ('idempotency_conflict', 'SD012'), ('no_conversion_mapping', 'SD013'),
    ('return_exceeds_sale', 'SD014'), ('no_ingredients', 'SD015'), ('compensation_exceeds_deduction', 'SD016'), ('not_reserved', 'SD020'), ('exceeds_reservation', 'SD021'), ('reservation_expired', 'SD022'), ('another', 'P0001')
) as c (code, sqlstate);

-- Return
select inventory.receive_purchase('op-a', pg_temp.lines('op-5 10'));
select inventory.record_sale('op-a', '[{"sku": "op-5", "quantity": 2, "price": 3.5}, {"sku": "op-5", "quantity": 3, "price": 4}]', reference => 'R 5');
select is(
    pg_temp.moved(inventory.return_sale('op-a', pg_temp.lines('op-5 3'), 'R 5')), '1 op-5 2>7 v4, 1 op-5 1>8 v5',
    'a return that comes from two lines of the sale moves once for each'
);
select is(
    pg_temp.said(inventory.return_sale('op-a', pg_temp.lines('op-5 3'), 'R 5')),
    'More of op-5 is returned to op-a than was sold and is not returned yet', 'no more is returned than was sold'
);
select is(
    pg_temp.said(inventory.return_sale('op-a', pg_temp.lines('op-5 2', 'op-5 1'), 'R 5')),
    'More of op-5 is returned to op-a than was sold and is not returned yet', 'lines of one return count together'
);
select is(pg_temp.moved(inventory.return_sale('op-a', pg_temp.lines('op-5 2'), 'R 5')), '1 op-5 2>10 v6', 'the rest of it is');
select is(
    (select lines -> 0 ->> 'price' from inventory.list_documents('op-a', kind => 'return', "limit" => 1)), '4',
    'a returned line has the price at which it was sold'
);
select is(pg_temp.moved(inventory.return_sale('op-a', pg_temp.lines('op-5 1'))), '1 op-5 1>11 v7', 'without a receipt it is just taken back');
select is(
    pg_temp.try($$ select inventory.return_sale('op-a', pg_temp.lines('op-5 1'), 'R 99') $$), 'SD006 no sale in op-a has the reference "R 99"',
    'an unknown sale is a mistake'
);
select is(
    pg_temp.try($$ select inventory.return_sale('op-b', pg_temp.lines('op-5 1'), 'R 5') $$), 'SD006 no sale in op-b has the reference "R 5"',
    'so is the sale of another store'
);

-- Adjust
select is(
    pg_temp.moved(inventory.adjust_stock('op-a', pg_temp.lines('op-5 -3', 'op-1 1'), 'broken')), '1 op-5 -3>8 v8, 2 op-1 1>8 v9', 'adjusting by differences'
);
select is((select reason from inventory.stock_ledger where kind = 'adjustment' limit 1), 'broken', 'an adjustment has its reason');
select is(pg_temp.try($$ select inventory.adjust_stock('op-a', pg_temp.lines('op-5 -3'), ' ') $$), '22004 an adjustment needs a reason', 'an adjustment needs a reason');
select is(
    pg_temp.said(inventory.adjust_stock('op-a', pg_temp.lines('op-5 -9'), 'broken')), 'Insufficient stock of op-5 in op-a: Need 9, Have 8 (Short: 1)',
    'an adjustment does not go below zero'
);

-- Set
select is(
    pg_temp.moved(inventory.set_stock('op-a', pg_temp.lines('op-5 4', 'op-6 7', 'op-1 8'))), '1 op-5 -4>4 v9, 2 op-6 7>7 v1',
    'setting balances writes the differences, and nothing where there is none'
);
select is(test.movements('op-a', 'op-6'), '1:opening +7>7', 'the first balance of a stock row is its opening');
select is(pg_temp.moved(inventory.set_stock('op-a', pg_temp.lines('op-7 0'))), '1 op-7 0>0 v1', 'also a balance of 0');
select is(
    pg_temp.said(inventory.set_stock('op-a', '[{"sku": "op-5", "quantity": 9, "expected_version": 8}, {"sku": "op-6", "quantity": 9, "expected_quantity": 7}]')),
    'Version conflict on inventory_stock_id: op-a/op-5', 'a row of another version is not set'
);
select is(
    (inventory.set_stock('op-a', '[{"sku": "op-6", "quantity": 9, "expected_quantity": 8}]')) #>> '{errors,0,detail}',
    'Line 1 expected quantity 8 piece and found 7 piece.', 'a row of another quantity is not set'
);
select is(test.stock('op-a', 'op-6'), 'on_hand 7 reserved 0 version 1', 'and nothing else of that call');
select is(
    pg_temp.moved(inventory.set_stock('op-a', '[{"sku": "op-5", "quantity": 9, "expected_version": 9}, {"sku": "op-6", "quantity": 9, "expected_quantity": 7},
        {"sku": "op-8", "quantity": 1, "expected_version": 0}]')),
    '1 op-5 5>9 v10, 2 op-6 2>9 v2, 3 op-8 1>1 v1', 'rows that are as expected are'
);
select is(
    pg_temp.try($$ select inventory.set_stock('op-a', pg_temp.lines('op-5 1', 'op-5 2')) $$), '22023 the stock of op-5 is set twice', 'a row is set once'
);
update inventory.inventory_stock set reserved = 4 where store_id = test.store('op-a') and product_id = test.product('op-5');
select is(
    pg_temp.said(inventory.set_stock('op-a', pg_temp.lines('op-5 3'))), 'Insufficient stock of op-5 in op-a: Need 6, Have 5 (Short: 1)',
    'a balance is not set below what is reserved'
);
update inventory.inventory_stock set reserved = 0 where store_id = test.store('op-a') and product_id = test.product('op-5');
select is(
    (select jsonb_array_length(inventory.set_stock('op-b', (
        select jsonb_agg(jsonb_build_object('sku', 'op-' || 1 + n % 9, 'quantity', n)) from generate_series(1, 9) as n
    )) -> 'movements')), 9, 'a file of balances'
);

-- What all operations have in common
select inventory.record_sale('op-a', pg_temp.lines('op-6 1'), 'R 6', 'ana', '2001-02-03 04:05:06+00', null, 'req-1', 'till 3', 'Ben');
select results_eq(
    $$ select reference, actor, occurred_at = '2001-02-03 04:05:06+00', correlation_id, reason, recorded_at > now() - interval '1 hour'
       from inventory.stock_ledger where store_id = test.store('op-a') and product_id = test.product('op-6') order by version desc limit 1 $$,
    $$ values ('R 6', 'ana', true, 'req-1', 'till 3', true) $$, 'reference, actor, time, correlation id and reason are kept'
);
select is(
    test.movements('op-a', 'op-6'), '1:opening +7>7, 2:count +2>9, 3:sale -1>8',
    'T19: a movement of long ago is the next version; nothing before it is rewritten'
);
set local inventory.actor = 'from the setting';
set local inventory.reference = 'ref of the setting';
select inventory.record_sale('op-a', pg_temp.lines('op-6 1'));
select results_eq(
    $$ select reference, actor from inventory.stock_ledger where store_id = test.store('op-a') and product_id = test.product('op-6') order by version desc limit 1 $$,
    $$ values ('ref of the setting', 'from the setting') $$, 'what is left out comes from the writer''s settings'
);
set local inventory.actor = '';
set local inventory.reference = '';

-- Wrong arguments raise, and say what is wrong
select is(pg_temp.try(format('select inventory.record_sale(%s)', w.arguments)), w.error, w.error)
from (values
    ($$ null, '[]' $$, '22004 no store is given'),
    ($$ 'nowhere', '[]' $$, 'SD006 no store has the code "nowhere"'),
    ($$ 'op-a', null $$, '22023 lines are an array of 1 to 10000 objects'),
    ($$ 'op-a', '{}' $$, '22023 lines are an array of 1 to 10000 objects'),
    ($$ 'op-a', '[]' $$, '22023 lines are an array of 1 to 10000 objects'),
    ($$ 'op-a', (select jsonb_agg(n) from generate_series(1, 10001) as n) $$, '22023 lines are an array of 1 to 10000 objects'),
    ($$ 'op-a', '[1]' $$, '22023 line 1 has no sku or no quantity'),
    ($$ 'op-a', '[{"sku": "op-1"}]' $$, '22023 line 1 has no sku or no quantity'),
    ($$ 'op-a', '[{"sku": 1, "quantity": 1}]' $$, '22023 line 1 has no sku or no quantity'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": "1"}]' $$, '22023 line 1 has no sku or no quantity'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}, {"sku": "op-x", "quantity": 1}]' $$, 'SD006 line 2: no product has the sku "op-x"'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 0}]' $$, '22023 line 1: quantity is 0'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": -1}]' $$, '22023 line 1: quantity is -1'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1e15}]' $$, '22023 line 1: quantity is too large or too fine'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1e100000}]' $$, '22023 line 1: quantity is too large or too fine'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1e-10}]' $$, '22023 line 1: quantity is too large or too fine'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "unit": "bucket"}]' $$, 'SD006 line 1: op-1 has no unit "bucket"'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "qty": 1}]' $$, '22023 line 1: unknown field "qty"'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "unit_cost": 1}]' $$, '22023 line 1: unknown field "unit_cost"'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "price": -1}]' $$, '22023 line 1: price cannot be -1'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "price": 1e12}]' $$, '22023 line 1: price cannot be 1000000000000'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "price": 0.0000001}]' $$, '22023 line 1: price cannot be 0.0000001'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1, "lot": ""}]' $$, '22023 line 1: lot cannot be ""'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', idempotency_key => '' $$, '22023 idempotency_key is empty'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', transaction_id => '' $$, '22023 transaction_id is empty'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', idempotency_key => repeat('k', 201) $$, '22001 idempotency_key is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', transaction_id => repeat('k', 201) $$, '22001 transaction_id is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', reference => repeat('r', 501) $$, '22001 reference is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', actor => repeat('a', 201) $$, '22001 actor is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', reason => repeat('r', 2001) $$, '22001 reason is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', correlation_id => repeat('c', 201) $$, '22001 correlation_id is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', party => repeat('p', 501) $$, '22001 party is too long'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', occurred_at => 'infinity' $$, '22008 an operation happens in the years 1 to 9999, not at infinity'),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', occurred_at => '0001-01-01 00:00+01' $$, '22008 an operation happens in the years 1 to 9999, not at ' || '0001-01-01 00:00+01'::timestamptz),
    ($$ 'op-a', '[{"sku": "op-1", "quantity": 1}]', occurred_at => '10000-01-01 00:00+00' $$, '22008 an operation happens in the years 1 to 9999, not at ' || '10000-01-01 00:00+00'::timestamptz)
) as w (arguments, error);
select is(
    pg_temp.try($$ select inventory.receive_purchase('op-a', '[{"sku": "op-1", "quantity": 1, "expires_on": "31.1.2027"}]') $$),
    '22023 line 1: expires_on cannot be "31.1.2027"', 'a date is written one way'
);
select is(
    pg_temp.try(format($$ select inventory.receive_purchase('op-a', '[{"sku": "op-1", "quantity": 1}, {"sku": "op-1", "quantity": 1, "expires_on": "%s"}]') $$, d.day)),
    format('22023 line 2: expires_on cannot be "%s"', d.day), 'and is in the calendar: ' || d.day
) from (values ('2027-02-30'), ('2027-02-29'), ('2100-02-29'), ('2027-04-31'), ('2027-13-01'), ('2027-00-10'), ('2027-01-00'), ('0000-01-01')) as d (day);
select is(
    pg_temp.try($$ select inventory.set_stock('op-a', '[{"sku": "op-1", "quantity": 1, "expected_version": 1.5}]') $$),
    '22023 line 1: expected_version cannot be 1.5', 'a version is a whole number'
);
select is(
    pg_temp.try($$ select inventory.set_stock('op-a', '[{"sku": "op-1", "quantity": 1, "expected_quantity": "1"}]') $$),
    '22023 line 1: expected_quantity cannot be "1"', 'an expected quantity is a number'
);

-- A row that is made again at nothing is told of, too.
delete from inventory.inventory_stock as s where s.store_id = test.store('op-a') and s.product_id = test.product('op-6');
select is(
    inventory.set_stock('op-a', pg_temp.lines('op-6 0')) #>> '{movements,0,kind}', 'opening', 'a row that was deleted is opened again, if at 0'
);
select is(
    (inventory.set_stock('op-a', pg_temp.lines('op-6 0')) -> 'movements')::text, '[]', 'once'
);

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
