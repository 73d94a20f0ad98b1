-- Months of the ledger: made ahead, caught by the default partition, let go behind opening balances.
begin;
select no_plan();

select test.store('mon') as s \gset
select test.product('mon-' || n) from generate_series(1, 6) as n;
create function pg_temp.p(n integer) returns bigint language sql as $$ select test.product('mon-' || n) $$;
create function pg_temp.month(n integer) returns timestamptz language sql as
    $$ select date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + make_interval(months => n) $$;
create function pg_temp.name(n integer) returns text language sql as
    $$ select 'stock_ledger_' || to_char(pg_temp.month(n) at time zone 'UTC', 'YYYY_MM') $$;
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
-- A movement of the past, as the engine would have recorded it then.
create function pg_temp.put(in_product integer, in_version bigint, in_delta bigint, in_after bigint, in_at timestamptz) returns void
language plpgsql as $$
begin
    set local role inventory_engine;
    insert into inventory.stock_ledger_months (store_id, product_id, kind, on_hand_delta, on_hand_after, version, recorded_at, occurred_at, xid, rung)
    select current_setting('test.s')::bigint, current_setting('test.p' || in_product)::bigint, 'sale', in_delta, in_after, in_version, in_at, in_at,
        (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 10)::text::xid8, true;
    reset role;
end
$$;
select set_config('test.s', :'s', true), set_config('test.p' || n, pg_temp.p(n)::text, true) from generate_series(1, 6) as n;

-- One partition that takes everything, and the months below it
select results_eq(
    $$ select inhrelid::regclass::text from pg_inherits where inhparent = 'inventory.stock_ledger'::regclass $$,
    $$ values ('inventory.stock_ledger_months') $$, 'the ledger has one partition'
);
select is(pg_get_partition_constraintdef('inventory.stock_ledger_months'::regclass), null, 'which has no constraint to check');

-- Ahead
select is((select count(*) from pg_inherits where inhparent = 'inventory.stock_ledger_months'::regclass and inhrelid::regclass::text = 'inventory.' || pg_temp.name(n)), 1::bigint,
    format('the month %s from now is there', n))
from generate_series(0, 3) as n;
select results_eq('select inventory.make_ledger_months(4)', $$ select pg_temp.name(4) $$, 'a month further is made when asked for, and named');
select is_empty('select inventory.make_ledger_months(4)', 'once');
select is_empty('select inventory.make_ledger_months()', 'the setting says how many by default');
select alike(pg_temp.try('select inventory.make_ledger_months(121)'), '22023 %', 'too many are refused');
select alike(pg_temp.try('select inventory.make_ledger_months(-1)'), '22023 %', 'so are less than none');

-- The month that is missing does not refuse a write
do $$
begin
    execute format('alter table inventory.stock_ledger_months detach partition inventory.%I', pg_temp.name(0));
    execute format('alter table inventory.%I rename to month_aside', pg_temp.name(0));
end
$$;
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:s, pg_temp.p(6), 3);
select is((select count(*) from inventory.stock_ledger_default where product_id = pg_temp.p(6)), 1::bigint, 'without its month a movement goes into the default partition');
select results_eq('select inventory.make_ledger_months()', $$ select pg_temp.name(0) $$, 'making the month');
select is((select count(*) from inventory.stock_ledger_default where product_id = pg_temp.p(6)), 0::bigint, 'takes it out of there');
select is(test.movements('mon', 'mon-6'), '1:direct +3>3', 'as it was');
do $$
begin
    execute format('alter table inventory.stock_ledger_months detach partition inventory.%I', pg_temp.name(0));
    execute format('drop table inventory.%I', pg_temp.name(0));
    execute format('alter table inventory.month_aside rename to %I', pg_temp.name(0));
    execute format('alter table inventory.stock_ledger_months attach partition inventory.%I for values from (%L) to (%L)', pg_temp.name(0), pg_temp.month(0), pg_temp.month(1));
    set local role inventory_engine;
    delete from inventory.inventory_stock where product_id = pg_temp.p(6);
    reset role;
end
$$;

-- Three months of the past: they come through the default partition, too
select pg_temp.put(1, 1, 10, 10, pg_temp.month(-3) + '1 day'), pg_temp.put(1, 2, -3, 7, pg_temp.month(-3) + '2 days'),
    pg_temp.put(1, 3, 5, 12, pg_temp.month(-2) + '1 day'), pg_temp.put(1, 4, -1, 11, pg_temp.month(-1) + '1 day');
-- Waited for its stock row over midnight: recorded in the month before the movement that it follows
select pg_temp.put(2, 1, 4, 4, pg_temp.month(-3) + '1 day'), pg_temp.put(2, 2, 1, 5, pg_temp.month(-2)),
    pg_temp.put(2, 3, 1, 6, pg_temp.month(-2) - interval '1 second'), pg_temp.put(2, 4, 1, 7, pg_temp.month(-2) + '1 second');
-- Nothing since
select pg_temp.put(3, 1, 8, 8, pg_temp.month(-3) + '1 day');
-- Gone for good, and gone and come back
select pg_temp.put(4, 1, 8, 8, pg_temp.month(-3) + '1 day'), pg_temp.put(4, 2, -8, 0, pg_temp.month(-3) + '2 days');
select pg_temp.put(5, 1, 8, 8, pg_temp.month(-3) + '1 day'), pg_temp.put(5, 2, -8, 0, pg_temp.month(-3) + '2 days'), pg_temp.put(5, 3, 2, 2, pg_temp.month(-1));
do $$
begin
    set local role inventory_engine;
    insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold, allow_negative, version)
    select current_setting('test.s')::bigint, current_setting('test.p' || r.product)::bigint, r.on_hand, 0, false, r.version
    from (values (1, 11, 4), (2, 7, 4), (3, 8, 1), (5, 2, 3)) as r (product, on_hand, version);
    reset role;
end
$$;
select is((select count(*) from inventory.stock_ledger_default), 14::bigint, 'movements of months that are not there are caught');
select is_empty('select test.contradictions()', 'Q1 holds');
select results_eq('select inventory.make_ledger_months()', $$ values (pg_temp.name(-3)), (pg_temp.name(-2)), (pg_temp.name(-1)) $$, 'their months are made, however long ago');
select is((select count(*) from inventory.stock_ledger_default), 0::bigint, 'and they are moved there');
select is_empty('select test.contradictions()', 'Q1 holds');
select is_empty(
    $$ select t.tgrelid::regclass, t.tgname from pg_trigger as t join pg_inherits as i on i.inhrelid = t.tgrelid
       where i.inhparent = 'inventory.stock_ledger_months'::regclass and t.tgenabled <> 'A' $$,
    'triggers of the new months fire always'
);
select is(
    (select count(*) from pg_trigger as t where t.tgrelid = ('inventory.' || pg_temp.name(-3))::regclass and t.tgname = 'before_00_append_only'), 1::bigint,
    'the guard of history is on them'
);
select is_empty(
    format($$ select a.grantee::regrole from pg_class as c cross join lateral aclexplode(c.relacl) as a
        where c.oid = 'inventory.%I'::regclass and a.grantee not in ('inventory_owner'::regrole, 'inventory_engine'::regrole) $$, pg_temp.name(-3)),
    'and nobody has privileges on them'
);

-- Letting go
select is(pg_temp.try(format('select inventory.release_ledger_month(%L)', pg_temp.month(0)::date)),
    format('22023 only a month that is over can be let go, not %s', to_char(pg_temp.month(0), 'YYYY-MM')), 'the month that is now cannot go');
select alike(pg_temp.try('select inventory.release_ledger_month(null)'), '22023 %', 'nor can null');
select is(pg_temp.try(format('select inventory.release_ledger_month(%L)', pg_temp.month(-2)::date)),
    format('22023 the oldest month of the ledger is %s, not %s', to_char(pg_temp.month(-3), 'YYYY-MM'), to_char(pg_temp.month(-2), 'YYYY-MM')),
    'months go the oldest first');
set local client_min_messages = error;
create publication mon for table inventory.stock_ledger, inventory.inventory_event;
select is(pg_temp.try(format('select inventory.release_ledger_month(%L)', pg_temp.month(-3)::date)),
    'SD008 stock_ledger is published (mon): letting its history go is refused', 'nor one that is published');
select is(pg_temp.try('select inventory.release_events(now())'),
    'SD008 inventory_event is published (mon): letting its history go is refused', 'events likewise');
alter publication mon set (publish_via_partition_root = true);
select alike(pg_temp.try(format('select inventory.release_ledger_month(%L)', pg_temp.month(-3)::date)), 'SD008 %', 'by its root, too');
alter publication mon set table inventory.stock_ledger_months;
select alike(pg_temp.try(format('select inventory.release_ledger_month(%L)', pg_temp.month(-3)::date)), 'SD008 %', 'or by what is below it');
drop publication mon;
reset client_min_messages;
select inventory.position() as now \gset
set local role inventory_engine;
update inventory.stock_ledger set document_id = 77 where product_id = test.product('mon-2') and version in (1, 2);
reset role;
select results_eq(
    format('select * from inventory.release_ledger_month(%L)', (pg_temp.month(-3) + '10 days')::date),
    $$ values (8::bigint, 4::bigint, 1::bigint) $$, 'what goes, what stands for it, what stays'
);
select is_empty('select test.contradictions()', 'sums and versions hold');
select is(test.movements('mon', 'mon-1'), '2:opening +7>7, 3:sale +5>12, 4:sale -1>11', 'an opening balance stands for what went');
select is(test.movements('mon', 'mon-2'), '1:opening +4>4, 2:sale +1>5, 3:sale +1>6, 4:sale +1>7', 'a movement that follows a later one stays');
select is((select array_agg(document_id order by version) from inventory.stock_ledger where product_id = test.product('mon-2')), array[null, 77, null, null]::bigint[],
    'and keeps its document');
select throws_ok(format('select * from inventory.stock_at(%L, %L)', pg_temp.month(-3) + interval '15 days', 'mon'), '22023',
    'the balances of that time are not kept any more', 'balances of a month that was let go are not made up');
select isnt_empty(format('select * from inventory.stock_at(%L, %L)', pg_temp.month(-2), 'mon'), 'those of its end are there');
select is(test.movements('mon', 'mon-3'), '1:opening +8>8', 'a stock row without movements since has its opening');
select is(test.movements('mon', 'mon-4'), null, 'one that is gone for good needs none');
select is(test.movements('mon', 'mon-5'), '2:opening +0>0, 3:sale +2>2', 'one that came back has one of 0');
select is(to_regclass('inventory.' || pg_temp.name(-3)), null, 'the month is gone');
select is((select count(*) from inventory.stock_ledger_default), 0::bigint, 'openings are in the next month');
select is(test.news(:'now'), null, 'openings are no news');
select is(
    pg_temp.try(format('select * from inventory.feed_after(%L)', regexp_replace(:'now', '[^.]*$', '5:5:'))),
    'SD003 the position is older than the feed that is kept', 'a position that still needed the month is refused'
);
select alike(pg_temp.try($$ select * from inventory._drain('5', '{}', 'epoch') $$), 'SD003 %', 'stockd is told the same');
select is(
    pg_temp.try(format('select * from inventory.feed_after(%L)', regexp_replace(
        :'now', '[^.]*$',
        format('%s:%s:%s', e.released_xid, e.released_xid::text::bigint + 2, e.released_xid)
    ))),
    'SD003 the position is older than the feed that is kept', 'so is one that lists it as in progress'
)
from inventory.epoch as e;
select results_eq(
    format('select * from inventory.release_ledger_month(%L)', pg_temp.month(-2)::date),
    $$ values (8::bigint, 4::bigint, 0::bigint) $$, 'the next month, openings included'
);
select is(test.movements('mon', 'mon-1'), '3:opening +12>12, 4:sale -1>11', 'openings follow each other');
select results_eq(
    format('select * from inventory.release_ledger_month(%L)', pg_temp.month(-1)::date), $$ values (6::bigint, 4::bigint, 0::bigint) $$, 'and the one after'
);
select is_empty('select test.contradictions()', 'Q1 holds');
update inventory.inventory_stock set on_hand = on_hand + 1 where store_id = :s;
select is(test.movements('mon', 'mon-1'), '4:opening +11>11, 5:direct +1>12', 'and life goes on');
select is(pg_temp.try('set local session_replication_role = origin; alter table inventory.stock_ledger alter reason set default null'), 'done', 'the ledger is otherwise as before');

-- Events
select alike(pg_temp.try('select inventory.release_events(null)'), '22023 %', 'events: null is refused');
select alike(pg_temp.try('select inventory.release_events(now() + interval ''1 hour'')'), '22023 %', 'events: so is the future');
select is(inventory.release_events(now() - interval '1 day'), 0::bigint, 'events: none are that old');
select count(*) as events, coalesce(max(xid), '0') as xid from inventory.inventory_event where type <> 'canary' and recorded_at < now() \gset
select is(inventory.release_events(now()), :events::bigint, 'events: they go');
select is((select count(*) from inventory.inventory_event where type <> 'canary' and recorded_at < now()), 0::bigint, 'events: they are gone');
select ok((select released_xid >= :'xid' from inventory.epoch), 'events: positions that needed them are refused');

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
