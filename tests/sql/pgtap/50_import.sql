-- What stockctl import calls, at the SQL level: rights, the caller's own batch only, ledger and stock as one, versions that go on.
begin;
select plan(33);

select test.store('imp-a'), test.product('imp-x'), test.product('imp-y');
create temp table batch (import_id bigint, run bigint);
grant select, insert, update on batch to inventory_writer;

set local role inventory_writer;
insert into batch
select b.import_id, b.run from inventory._begin_import('movements', repeat('a', 64), '', 'a.csv', null) as b;
select is(
    (select b.import_id from inventory._begin_import('movements', repeat('a', 64), '', 'renamed.csv', null) as b),
    (select import_id from batch), 'a file is known by its content'
);
select throws_ok('select inventory._import_movements(b.import_id, b.run, null) from batch as b', '55000',
    'another import of this file has begun', 'an earlier run of a file is refused');
update batch set run = run + 1;
reset role;
create function pg_temp.stage(in_line bigint, in_sku text, in_quantity bigint, in_kind text default 'purchase') returns void
language sql
as $$
    insert into inventory.import_staging (line, store_id, product_id, kind, quantity, reason)
    values (in_line, test.store('imp-a'), test.product(in_sku), in_kind, in_quantity, 'line ' || in_line)
$$;

select pg_temp.stage(2, 'imp-x', 10), pg_temp.stage(3, 'imp-x', -4, 'sale'), pg_temp.stage(4, 'imp-x', -7, 'sale'), pg_temp.stage(5, 'imp-x', 1);
set local role inventory_writer;
select is(
    (select inventory._import_movements(b.import_id, b.run, null) from batch as b),
    '{"applied": 3, "already": 0, "rejected": [[4, "Insufficient stock of imp-x in imp-a: Need 7, Have 6 (Short: 1)"]]}'::jsonb,
    'what would oversell is refused by line, the rest is applied'
);
reset role;
select is(test.stock('imp-a', 'imp-x'), 'on_hand 7 reserved 0 version 3', 'the stock row follows');
select is_empty('select test.contradictions()', 'balances and versions are dense and right');
select is((select count(*) from inventory.import_staging), 0::bigint, 'nothing is left in the stage');

select pg_temp.stage(2, 'imp-x', 10), pg_temp.stage(4, 'imp-x', -7, 'sale');
select is(
    (select inventory._import_movements(b.import_id, b.run, null) from batch as b),
    '{"applied": 1, "already": 1, "rejected": []}'::jsonb,
    'an applied line is not applied again, a refused one is tried again'
);

-- A row that was deleted goes on from its version.
update inventory.inventory_stock set on_hand = 0 where product_id = test.product('imp-x');
delete from inventory.inventory_stock where product_id = test.product('imp-x');
select pg_temp.stage(20, 'imp-x', 5);
select inventory._import_movements(b.import_id, b.run, null) from batch as b;
select matches(test.stock('imp-a', 'imp-x'), 'on_hand 5 reserved 0 version [5-9]', 'versions go on over a deletion');
select is_empty('select test.contradictions()', 'and stay dense');

-- Lines that are all refused leave no stock row that nobody is told of.
select pg_temp.stage(30, 'imp-y', -1, 'sale');
select inventory._import_movements(b.import_id, b.run, null) from batch as b;
select is(test.stock('imp-a', 'imp-y'), null, 'no stock row is made for refused lines alone');

-- What is promised cannot be sold.
select pg_temp.stage(40, 'imp-y', 5);
select inventory._import_movements(b.import_id, b.run, null) from batch as b;
set local role inventory_engine;
update inventory.inventory_stock set reserved = 4
where product_id = (select product_id from inventory.products where sku = 'imp-y');
reset role;
select pg_temp.stage(41, 'imp-y', -2, 'sale');
select is(
    (select (inventory._import_movements(b.import_id, b.run, null) ->> 'applied')::int from batch as b), 0,
    'reserved units are not there for a sale'
);

-- A stock row all of whose lines are refused leaves the others at their own balances.
select pg_temp.stage(50, 'imp-x', -1000, 'sale'), pg_temp.stage(51, 'imp-y', 3), pg_temp.stage(52, 'imp-y', -1, 'sale');
select is(
    (select (inventory._import_movements(b.import_id, b.run, null) ->> 'applied')::int from batch as b), 2,
    'lines of another stock row are refused, those of this one applied'
);
select results_eq(
    $$
    select l.reason, l.on_hand_after, l.reserved_after from inventory.stock_ledger as l
    where l.product_id = test.product('imp-y') order by l.version
    $$,
    $$values ('line 40', 5::bigint, 0::bigint), ('line 51', 8, 4), ('line 52', 7, 4)$$,
    'from its own balance on'
);

-- What transactions recorded in parts is put together when the file comes again.
select pg_temp.stage(60, 'imp-x', 1), pg_temp.stage(62, 'imp-x', 1), pg_temp.stage(64, 'imp-x', 1);
select inventory._import_movements(b.import_id, b.run, null) from batch as b;
select pg_temp.stage(61, 'imp-y', 1), pg_temp.stage(63, 'imp-y', 1);
select inventory._import_movements(b.import_id, b.run, null) from batch as b;
select pg_temp.stage(62, 'imp-x', 1), pg_temp.stage(65, 'imp-x', 1);
select is(
    (select inventory._import_movements(b.import_id, b.run, null) from batch as b),
    '{"applied": 1, "already": 1, "rejected": []}'::jsonb, 'nor is a line between those of another transaction'
);
create temp table again as
select b.* from batch as f, inventory._begin_import('movements', repeat('a', 64), '', 'a.csv', null) as b;
select is(
    (select applied from again), '{[2,6),[20,21),[40,41),[51,53),[60,66)}'::int8multirange, 'a new run is told which lines were applied'
);
select results_eq(
    $$select l.stretch, l.lines, l.line_numbers, l.line_count from inventory.import_batches as l join batch as b using (import_id)$$,
    $$values ('[2,66)'::int8range, '{[2,6),[20,21),[40,41),[51,53),[60,66)}'::int8multirange, '{}'::bigint[], 14::bigint)$$,
    'and they are one record'
);
update batch set run = run + 1;
select pg_temp.stage(64, 'imp-x', 1), pg_temp.stage(66, 'imp-x', 1);
select is(
    (select inventory._import_movements(b.import_id, b.run, null) from batch as b),
    '{"applied": 1, "already": 1, "rejected": []}'::jsonb, 'nor is a line of an earlier run'
);

-- The stage belongs to its transaction.
insert into inventory.import_staging (xid, line, store_id, product_id, kind, quantity)
values ('3', 50, test.store('imp-a'), test.product('imp-y'), 'purchase', 1);
select is(
    (select (inventory._import_movements(b.import_id, b.run, null) ->> 'applied')::int from batch as b), 0,
    'lines of another transaction are not touched'
);
select throws_ok(
    format($$insert into inventory.import_staging (line, store_id, product_id, kind, quantity) values (1, %s, %s, 'reservation', 1)$$,
        test.store('imp-a'), test.product('imp-y')),
    '23514', null, 'kinds that change what is reserved cannot be imported'
);
select throws_ok(
    format($$insert into inventory.import_staging (line, store_id, product_id, kind, quantity, occurred_at) values (1, %s, %s, 'sale', 1, 'infinity')$$,
        test.store('imp-a'), test.product('imp-y')),
    '23514', null, 'nothing happens at infinity'
);
select throws_ok('select inventory._import_movements(-1, 1, null)', '22023', 'no import has the id -1', 'an unknown import is refused');

-- Lots
select test.product('imp-lot'), inventory.set_lot_policy('imp-lot', 'fifo');
create function pg_temp.stage_lot(in_line bigint, in_amount numeric, in_unit text, in_id text default null) returns void
language sql
as $$
    insert into inventory.import_staging (line, store_id, product_id, quantity, amount, unit, unit_cost, lot, reference, line_id, content)
    values (in_line, test.store('imp-a'), test.product('imp-lot'), 0, in_amount, in_unit, 2, 'L', 'D1', in_id, in_amount)
$$;
create temp table lots as
select b.import_id, b.run, b.source_id from inventory._begin_import('lots', repeat('b', 64), '', 'b.csv', null) as b;
grant select on lots to inventory_writer;
select pg_temp.stage_lot(2, 3, null), pg_temp.stage_lot(3, 1, 'crate'), pg_temp.stage_lot(4, 4, 'piece');
set local role inventory_writer;
select is(
    (select inventory._import_lots(b.import_id, b.run, null) from lots as b),
    '{"applied": 2, "already": 0, "rejected": [[3, "imp-lot has no unit \"crate\""]]}'::jsonb, 'a line that is no lot is refused, the rest is received'
);
reset role;
select is(test.lots('imp-a', 'imp-lot'), 'L 7 at 14', 'as a lot');
select results_eq(
    $$ select d.reference, count(*) from inventory.stock_documents as d join inventory.stock_document_lines as l using (document_id)
       where l.product_id = test.product('imp-lot') group by d.document_id, 1 $$,
    $$ values ('D1', 2::bigint) $$, 'of one purchase'
);
select pg_temp.stage_lot(2, 3, null), pg_temp.stage_lot(3, 1, 'piece');
select is(
    (select inventory._import_lots(b.import_id, b.run, null) from lots as b), '{"applied": 1, "already": 1, "rejected": []}'::jsonb,
    'a line that was received is not received again, a refused one is tried again'
);
select throws_ok('select inventory._import_lots(b.import_id, b.run - 1, null) from lots as b', '55000', null, 'an earlier run of the file is refused');
create temp table id_lots as
select b.import_id, b.run, b.source_id from inventory._begin_import('lots', repeat('c', 64), '', 'c.csv', 'lot ids') as b;
select pg_temp.stage_lot(2, 1, 'crate', 'a'), pg_temp.stage_lot(3, 1, null, 'b'), pg_temp.stage_lot(4, 1, null, 'b'), pg_temp.stage_lot(5, 2, null, 'b');
select is(
    (select inventory._import_lots(b.import_id, b.run, b.source_id) - 'rejected' from id_lots as b), '{"applied": 1, "already": 1}'::jsonb,
    'an id is received once'
);
select pg_temp.stage_lot(6, 1, null, 'a');
select is(
    (select inventory._import_lots(b.import_id, b.run, b.source_id) from id_lots as b), '{"applied": 1, "already": 0, "rejected": []}'::jsonb,
    'and that of a refused line is free again'
);
select is((select count(*) from inventory.import_staging where xid = pg_current_xact_id()), 0::bigint, 'nothing is left in the stage');

-- Rights.
set local role inventory_writer;
select throws_ok('select count(*) from inventory.import_staging', '42501', null, 'a writer cannot read the stage');
select throws_ok('insert into inventory.import_staging (xid, line, store_id, product_id, quantity) values (''3'', 1, 1, 1, 1)', '42501', null,
    'a writer cannot stage for another transaction');
select throws_ok('insert into inventory.import_batches (import_id, stretch, line_count) values (1, ''[1,2)'', 1)', '42501', null,
    'a writer cannot say that lines were applied');
reset role;
set local role inventory_reader;
select throws_ok('select inventory._import_movements(1, 1, null)', '42501', null, 'a reader cannot import');
reset role;

select * from finish();
rollback;
