-- One line of whole base units goes a shorter way through the engine: the same effect and the same answer as the long one, which a
-- line takes that names its unit.
begin;
select no_plan();

select test.store('sw-short'), test.store('sw-long'), test.product('sw-1'), test.product('sw-2'), test.product('sw-3'), test.product('sw-4');
select inventory.set_recipe('sw-3', '[{"name": "i", "quantity": 2, "unit": "u"}]'), inventory.set_conversion_mapping(s.code, 'i', 'u', 'sw-1', 1)
from inventory.stores as s where s.code like 'sw-%';
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
declare
    v_answer jsonb;
begin
    execute in_sql into v_answer;
    return (v_answer - array['ticket', 'document']) #- '{reservation,expires_at}' || jsonb_build_object('document', (v_answer -> 'document') - 'id');
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
-- Both ways, told apart by the store only.
create function pg_temp.both(in_operation text, in_line jsonb, in_rest text) returns setof text language plpgsql as $$
declare
    v_short text := pg_temp.try(format('select inventory.%s(%L, %L%s)', in_operation, 'sw-short', jsonb_build_array(in_line), in_rest));
    v_long text := pg_temp.try(format(
        'select inventory.%s(%L, %L%s)', in_operation, 'sw-long',
        jsonb_build_array(case jsonb_typeof(in_line) when 'object' then in_line || '{"unit": "piece"}' else in_line end), in_rest
    ));
begin
    return next is(v_short, replace(v_long, 'sw-long', 'sw-short'), format('the same answer to %s %s%s', in_operation, in_line, in_rest));
    return next is(test.stock('sw-short', 'sw-1'), test.stock('sw-long', 'sw-1'), 'and the same stock');
end
$$;

select inventory.receive_purchase(s.code, '[{"sku": "sw-1", "quantity": 100}, {"sku": "sw-3", "quantity": 100}]') from inventory.stores as s where s.code like 'sw-%';
select pg_temp.both(c.operation, c.line::jsonb, c.rest)
from (values
    ('record_sale', '{"sku": "sw-1", "quantity": 3}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 3.0, "price": 2.50}', ', ''R 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''k1'', ''req'', ''why'', ''Ben'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 3.0, "price": 2.50}', ', ''R 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''k1'', ''req'', ''why'', ''Ben'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 4}', ', idempotency_key => ''k1'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', transaction_id => ''t1'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', transaction_id => ''t1'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', transaction_id => ''t1'', idempotency_key => ''k2'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 99}', ', idempotency_key => ''k3'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 2}', ', idempotency_key => ''k3'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 0.5}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 0.5}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 0}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": -1}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1e15}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1e50000}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": "1"}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": null}', ''),
    ('record_sale', '{"sku": "sw-1"}', ''),
    ('record_sale', '{"sku": 1, "quantity": 1}', ''),
    ('record_sale', '{"sku": "sw-x", "quantity": 1}', ''),
    ('record_sale', '{"sku": "sw-2", "quantity": 1}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "price": null}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "price": -1}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "price": "1"}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "price": 999999999999.999999}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "price": 0.0000001}', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "unit_cost": 1}', ''),
    ('record_sale', '1', ''),
    ('record_sale', 'null', ''),
    ('record_sale', '[]', ''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', idempotency_key => '''''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', transaction_id => '''''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', occurred_at => ''-infinity'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', reference => repeat(''r'', 501)'),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', reference => repeat(''r'', 500)'),
    ('record_sale', '{"sku": "sw-1", "quantity": 1}', ', reference => ''"\'' || chr(10) || ''é'''),
    ('record_sale', '{"sku": "sw-1", "quantity": 1, "price": 1, "unit_cost": 1}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 30}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 3.0, "unit_cost": 2.50}', ', ''PO 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''k1'', ''req'', ''why'', ''Ben'''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 3.0, "unit_cost": 2.50}', ', ''PO 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''k1'', ''req'', ''why'', ''Ben'''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 4}', ', idempotency_key => ''k1'''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 1, "price": 1}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 1, "unit_cost": -1}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 0.5}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 0.5}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": -1}', ''),
    ('receive_purchase', '{"sku": "sw-1", "quantity": 1, "lot": "L"}', ''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": -1, "price": 1}', ', ''broken'''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": -1}', ', ''broken'''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": 1}', ', ''found'', ''C 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''k1'', ''req'''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": 1}', ', ''found'', ''C 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''k1'', ''req'''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": 0}', ', ''x'''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": 1}', ', '' '''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": 1}', ', null'),
    ('adjust_stock', '{"sku": "sw-1", "quantity": 1, "price": 1}', ', ''x'''),
    ('adjust_stock', '{"sku": "sw-1", "quantity": -999}', ', ''x''')
) as c (operation, line, rest);
set local inventory.actor = 'Eve';
select pg_temp.both('record_sale', '{"sku": "sw-1", "quantity": 1}', ', idempotency_key => ''k9''');
set local inventory.actor = '';

-- Deductions
select pg_temp.both('deduct_inventory_atomic', c.line::jsonb, c.rest)
from (values
    ('{"sku": "sw-1", "quantity": 2}', ', ''d1'''),
    ('{"sku": "sw-1", "quantity": 2}', ', ''d1'''),
    ('{"sku": "sw-1", "quantity": 3}', ', ''d1'''),
    ('{"sku": "sw-1", "quantity": 2.0, "price": 2.50}', ', ''d2'', null, ''R 1'', ''ana'', ''2001-02-03 04:05:06+00'', null, ''req'', ''why'', ''Ben'''),
    ('{"sku": "sw-1", "quantity": 2}', ', ''d3'', idempotency_key => ''k'''),
    ('{"sku": "sw-1", "quantity": 2}', ', ''d4'', ''{"sw-1": 1}'''),
    ('{"sku": "sw-1", "quantity": 999}', ', ''d4'''),
    ('{"sku": "sw-1", "quantity": 1}', ', ''d4'''),
    ('{"sku": "sw-1", "quantity": 1}', ', null'),
    ('{"sku": "sw-1", "quantity": 1}', ', '''''),
    ('{"sku": "sw-2", "quantity": 1}', ', ''d5'''),
    ('{"sku": "sw-3", "quantity": 1}', ', ''d6''')
) as c (line, rest);
-- A transaction id counts once for ever, also when its key was pruned.
delete from inventory.inventory_deduction_idempotency where idempotency_key = 'd2';
select pg_temp.both('deduct_inventory_atomic', '{"sku": "sw-1", "quantity": 1}', ', ''d2''');

-- Reservations. A payment names no lines: the long way is the one whose reason comes from the session.
create function pg_temp.both_orders(in_operation text, in_line jsonb, in_rest text, in_order text default 'o1') returns setof text language plpgsql as $$
declare
    v_short text;
    v_long text;
begin
    v_short := pg_temp.try(format(
        'select inventory.%s(%L, %L, %L%s)', in_operation, in_order, 'sw-short', '[' || in_line::text || ']', in_rest
    ));
    if in_line is null then
        set local inventory.reason = 'why';
    end if;
    v_long := pg_temp.try(format(
        'select inventory.%s(%L, %L, %L%s)', in_operation, in_order, 'sw-long', '[' || (in_line || '{"unit": "piece"}')::text || ']', in_rest
    ));
    set local inventory.reason = '';
    return next is(v_short, replace(v_long, 'sw-long', 'sw-short'), format('the same answer to %s %s%s', in_operation, in_line, in_rest));
    return next is(test.stock('sw-short', 'sw-1'), test.stock('sw-long', 'sw-1'), 'and the same stock');
end
$$;
select pg_temp.both_orders(c.operation, c.line::jsonb, c.rest, c.order_code)
from (values
    ('reserve_stock', '{"sku": "sw-1", "quantity": 2}', '', 'o1'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 3}', '', 'o1'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1.0, "price": 2.50}', ', ''1 hour'', ''R 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''r2'', ''req'', ''why'', ''Ben''', 'o2'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1.0, "price": 2.50}', ', ''1 hour'', ''R 1'', ''ana'', ''2001-02-03 04:05:06+00'', ''r2'', ''req'', ''why'', ''Ben''', 'o2'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', ', idempotency_key => ''r2''', 'o3'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 999}', ', idempotency_key => ''r4''', 'o4'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', ', idempotency_key => ''r4''', 'o4'),
    ('reserve_stock', '{"sku": "sw-2", "quantity": 1}', '', 'o5'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 0.5}', '', 'o6'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 0}', '', 'o7'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1, "lot": "x"}', '', 'o7'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', ', ''0''', 'o7'),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', '', ''),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', '', repeat('o', 201)),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', '', repeat('o', 200)),
    ('reserve_stock', '{"sku": "sw-1", "quantity": 1}', ', ''1 microsecond''', 'o8'),
    ('process_order_stock_reduction', null, ', reason => ''why'', idempotency_key => ''p1''', 'o1'),
    ('process_order_stock_reduction', null, ', reason => ''why'', idempotency_key => ''p1''', 'o1'),
    ('process_order_stock_reduction', null, ', reason => ''why''', 'o1'),
    ('process_order_stock_reduction', null, ', reason => ''why'', idempotency_key => ''p1''', 'o2'),
    ('process_order_stock_reduction', null, ', null, ''keep'', ''R 1'', ''ana'', ''2001-02-03 04:05:06+00'', null, ''req'', ''why'', ''Ben'', ''p2''', 'o2'),
    ('process_order_stock_reduction', null, ', reason => ''why''', 'o4'),
    ('process_order_stock_reduction', null, ', reason => ''why''', 'o5'),
    ('process_order_stock_reduction', null, ', reason => ''why'', idempotency_key => ''p6''', 'o6'),
    ('process_order_stock_reduction', null, ', reason => ''why'', rest => ''x''', repeat('o', 200)),
    ('process_order_stock_reduction', null, ', reason => ''why''', 'o8')
) as c (operation, line, rest, order_code);
-- An order of two products is no simple one.
select inventory.receive_purchase(s.code, '[{"sku": "sw-4", "quantity": 9}]') from inventory.stores as s where s.code like 'sw-%' order by 1;
select inventory.reserve_stock('o9', s.code, '[{"sku": "sw-1", "quantity": 1}, {"sku": "sw-4", "quantity": 2}]') is null
from inventory.stores as s where s.code like 'sw-%' order by s.code;
select pg_temp.both_orders('process_order_stock_reduction', null, ', reason => ''why''', 'o9');

-- What was recorded; not nothing
select cmp_ok((select count(*) from inventory.stock_ledger where store_id = test.store('sw-short')), '>', 10::bigint, 'movements were made');
select results_eq(
    $$ select l.version, l.kind, l.on_hand_delta, l.reserved_delta, l.on_hand_after, l.reserved_after, l.reason, l.reference, l.actor,
           l.correlation_id, l.occurred_at = now(), l.document_id is not null, l.rung, l.xid
       from inventory.stock_ledger as l where l.store_id = test.store('sw-short') order by l.product_id, l.version $$,
    $$ select l.version, l.kind, l.on_hand_delta, l.reserved_delta, l.on_hand_after, l.reserved_after, l.reason, l.reference, l.actor,
           l.correlation_id, l.occurred_at = now(), l.document_id is not null, l.rung, l.xid
       from inventory.stock_ledger as l where l.store_id = test.store('sw-long') order by l.product_id, l.version $$,
    'the same movements'
);
select results_eq(
    $$ select document_kind, document_reference, party, original_document_id is not null, reason, actor, correlation_id, occurred_at, lines
       from inventory.list_documents('sw-short') order by document_id $$,
    $$ select document_kind, document_reference, party, original_document_id is not null, reason, actor, correlation_id, occurred_at, lines
       from inventory.list_documents('sw-long') order by document_id $$,
    'the same documents'
);
select results_eq(
    $$ select l.document_id - (select min(document_id) from inventory.stock_documents where store_id = d.store_id) >= 0, l.line, l.product_id, l.quantity,
           l.numerator, l.denominator, l.unit_cost, l.price, l.lot, l.expires_on, l.version
       from inventory.stock_document_lines as l join inventory.stock_documents as d using (document_id)
       where d.store_id = test.store('sw-short') order by d.document_id, l.line $$,
    $$ select l.document_id - (select min(document_id) from inventory.stock_documents where store_id = d.store_id) >= 0, l.line, l.product_id, l.quantity,
           l.numerator, l.denominator, l.unit_cost, l.price, l.lot, l.expires_on, l.version
       from inventory.stock_document_lines as l join inventory.stock_documents as d using (document_id)
       where d.store_id = test.store('sw-long') order by d.document_id, l.line $$,
    'to the last column of their lines'
);
select results_eq(
    $$ select scope, idempotency_key, request #- '{lines,0,unit}' from inventory.inventory_deduction_idempotency where store_id = test.store('sw-short') order by 1, 2 $$,
    $$ select scope, idempotency_key, request #- '{lines,0,unit}' from inventory.inventory_deduction_idempotency where store_id = test.store('sw-long') order by 1, 2 $$,
    'the same keys with the same requests'
);
select results_eq(
    $$ select operation, code, count(*) from inventory.operation_refusals where store_id = test.store('sw-short') group by 1, 2 order by 1, 2 $$,
    $$ select operation, code, count(*) from inventory.operation_refusals where store_id = test.store('sw-long') group by 1, 2 order by 1, 2 $$,
    'the same refusals'
);
select results_eq(
    $$ select d.transaction_id, t.line, t.product_id, t.numerator, t.denominator, d.document_id - (select min(document_id) from inventory.stock_documents where store_id = d.store_id) >= 0
       from inventory.inventory_deductions as d join inventory.inventory_deduction_parts as t using (document_id) where d.store_id = test.store('sw-short') order by 1, 2, 3 $$,
    $$ select d.transaction_id, t.line, t.product_id, t.numerator, t.denominator, d.document_id - (select min(document_id) from inventory.stock_documents where store_id = d.store_id) >= 0
       from inventory.inventory_deductions as d join inventory.inventory_deduction_parts as t using (document_id) where d.store_id = test.store('sw-long') order by 1, 2, 3 $$,
    'the same deductions'
);
select results_eq(
    $$ select r.order_code, d.kind, h.product_id, h.state, h.is_settled, h.units, h.numerator, h.denominator, h.quantity, h.unit, h.unit_numerator,
           h.unit_denominator, h.price, date_trunc('minute', h.expires_at - h.created_at)
       from inventory.stock_reservations as r join inventory.stock_holds as h using (reservation_id) join inventory.stock_documents as d using (document_id)
       where r.store_id = test.store('sw-short') order by r.order_code, h.hold_id $$,
    $$ select r.order_code, d.kind, h.product_id, h.state, h.is_settled, h.units, h.numerator, h.denominator, h.quantity, h.unit, h.unit_numerator,
           h.unit_denominator, h.price, date_trunc('minute', h.expires_at - h.created_at)
       from inventory.stock_reservations as r join inventory.stock_holds as h using (reservation_id) join inventory.stock_documents as d using (document_id)
       where r.store_id = test.store('sw-long') order by r.order_code, h.hold_id $$,
    'the same holds'
);
select results_eq(
    $$ select r.order_code, d.document_id is not null from inventory.stock_reservations as r left join inventory.stock_documents as d using (document_id)
       where r.store_id = test.store('sw-short') order by 1 $$,
    $$ select r.order_code, d.document_id is not null from inventory.stock_reservations as r left join inventory.stock_documents as d using (document_id)
       where r.store_id = test.store('sw-long') order by 1 $$,
    'the same orders'
);
select is_empty(
    $$ select s.store_id from inventory.inventory_stock as s where s.reserved <> (
           select coalesce(sum(h.units), 0) from inventory.stock_holds as h
           where h.store_id = s.store_id and h.product_id = s.product_id and h.state = 'held'
       ) $$, 'reserved is the sum of what is held'
);
select throws_ok(
    $$ select inventory.record_sale('sw-long', '[{"sku": "sw-1", "quantity": -1e30}, {"sku": "sw-1", "quantity": 1}]') $$,
    '22023', null, 'a quantity far below zero is a wrong argument'
);
select throws_ok(
    $$ select inventory.deduct_inventory_many('sw-long', '{x1,x2}', '{sw-1,sw-1}', '{-1e30,1}') $$,
    '22023', null, 'in arrays too'
);
select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
