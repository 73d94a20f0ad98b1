-- The plans of the hot look-ups, with 24 months and the statistics of a large database.
begin;
select no_plan();

-- From here on autovacuum leaves these alone: it would wait for their rows of pg_class, which are written below, while ANALYZE waits for it.
lock table inventory.inventory_stock, inventory.stock_ledger, inventory.inventory_event in share update exclusive mode;

select test.store('pln') as s \gset
insert into inventory.products (sku, name) select 'pln-' || n, 'n' from generate_series(1, 200) as n;
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select :s, p.product_id, 1000 from inventory.products as p where p.sku like 'pln-%';
insert into inventory.inventory_stock (store_id, product_id, on_hand)
select test.store('pln-' || n), p.product_id, 1 from generate_series(1, 20) as n, inventory.products as p where p.sku like 'pln-%';
select product_id as p from inventory.products where sku = 'pln-7' \gset

do $$
declare
    v_month timestamptz;
begin
    for n in 1..20 loop
        v_month := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' - make_interval(months => n);
        execute format('create table inventory.%I partition of inventory.stock_ledger_months for values from (%L) to (%L)',
            'stock_ledger_' || to_char(v_month at time zone 'UTC', 'YYYY_MM'), v_month, v_month + interval '1 month');
    end loop;
end
$$;
-- 600 movements a month of the past, of the transactions 10 to 509, all ended
set local role inventory_engine;
insert into inventory.stock_ledger_months (store_id, product_id, kind, version, recorded_at, xid, rung)
select s.store_id, s.product_id, 'sale', 1000000 + n, now() - make_interval(months => m), (10 + row_number() over () % 500)::text::xid8, true
from generate_series(1, 20) as m, generate_series(1, 3) as n, inventory.inventory_stock as s where s.on_hand = 1000;
reset role;
analyze inventory.stock_ledger;
analyze inventory.inventory_stock;
-- As if there were a million stock rows, and as many movements in every month.
update pg_class set reltuples = 1000000, relpages = 20000 where oid = 'inventory.inventory_stock'::regclass;
update pg_class set reltuples = 1000000, relpages = 15000 where oid in (select inhrelid from pg_inherits where inhparent = 'inventory.stock_ledger_months'::regclass);
update pg_class set reltuples = 100000, relpages = 2000 where oid = 'inventory.inventory_event'::regclass;

create function pg_temp.plan(in_sql text) returns setof text language plpgsql as $$
declare
    v_line text;
begin
    for v_line in execute 'explain (costs off) ' || in_sql loop
        return next v_line;
    end loop;
end
$$;
-- What a function's statements touch: tables scanned in sequence, and blocks.
create function pg_temp.seq_scans() returns bigint language sql as $$
    select coalesce(sum(pg_stat_get_xact_numscans(c.oid)), 0)::bigint
    from pg_class as c
    where c.relnamespace = 'inventory'::regnamespace and c.relkind = 'r'
        and c.relname in ('inventory_stock', 'products', 'stores', 'inventory_event') or c.relname like 'stock\_ledger\_%' and c.relkind = 'r'
$$;
create function pg_temp.fetched() returns bigint language sql as $$
    -- An index's are what was read of it, a table's what was read in sequence and what was looked up.
    select coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid)), 0)::bigint
    from pg_class as c
    where c.relnamespace = 'inventory'::regnamespace and c.relkind in ('r', 'i')
$$;

-- Stock look-ups
select matches((select string_agg(l, ' ') from pg_temp.plan(format('select * from inventory.inventory_stock where store_id = %s and product_id = %s', :s, :p)) as l),
    'Index Scan.* Index Cond: \(\((store_id|product_id) = [0-9]+\) AND \((store_id|product_id) = ', 'one stock row: by its key');
select alike((select string_agg(l, ' ') from pg_temp.plan(format('select * from inventory.inventory_stock where product_id = %s', :p)) as l),
    '%inventory_stock_product_id_idx%', 'one product in every store: by its index');
select matches((select string_agg(l, ' ') from pg_temp.plan(format('update inventory.inventory_stock set on_hand = 1 where store_id = %s and product_id = %s', :s, :p)) as l),
    'Index Scan.* Index Cond: \(\((store_id|product_id) = [0-9]+\) AND \((store_id|product_id) = ', 'an UPDATE of one stock row: by its key');
select unalike((select string_agg(l, ' ') from pg_temp.plan(format('select * from inventory.stock_ledger where store_id = %s and product_id = %s order by version desc limit 20', :s, :p)) as l),
    '%Seq Scan%', 'the history of a stock row: by index in every month');
select alike((select string_agg(l, ' ') from pg_temp.plan(format('select * from inventory.stock_ledger where store_id = %s and product_id = %s order by version desc limit 20', :s, :p)) as l),
    'Limit%Merge Append%', 'in the index''s order');

-- The views' lists: in the order of an index, which ends with the page.
set local enable_seqscan = off;
set local enable_sort = off;
select alike((select string_agg(l, ' ') from pg_temp.plan('select * from inventory.low_stock_alerts_mv order by rank, store_id, product_id limit 50') as l),
    '%folded_alerts_rank_idx%', 'what is most urgent of all: by the index of ranks');
select alike((select string_agg(l, ' ') from pg_temp.plan(format('select * from inventory.low_stock_alerts_mv where store_id = %s order by rank, product_id limit 50', :s)) as l),
    '%folded_alerts_store_id_rank_idx%', 'and of a store: by its index');
select alike((select string_agg(l, ' ') from pg_temp.plan('select f.product_id from inventory.folded_products as f where f.status = ''low_stock'' order by f.product_id limit 50') as l),
    '%folded_products_status_idx%', 'products by status: by theirs');
set local enable_seqscan = on;
set local enable_sort = on;

-- The functions: no table is scanned in sequence, and no more rows are looked at than answer.
select pg_snapshot_xmax(pg_current_snapshot()) as xmax \gset
select pg_temp.seq_scans() as scans, pg_temp.fetched() as fetched \gset
select count(*) from inventory._drain(:'xmax', array['7', '9']::xid8[], now());
select is(pg_temp.seq_scans() - :scans, 0::bigint, '_drain scans no table in sequence');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 200::bigint, '_drain looks at few rows, whatever the ledger holds');
select inventory.position() as now \gset
select regexp_replace(:'now', '\.[0-9]+\.[0-9]+\.[^.]*$', format('.0.0.7:9:7')) as old \gset
select inventory.feed_after(:'now') limit 0;
select pg_temp.seq_scans() as scans, pg_temp.fetched() as fetched \gset
select cmp_ok(count(*), '>=', 10::bigint, 'feed_after gives what was asked for') from inventory.feed_after(:'old', 10);
select is(pg_temp.seq_scans() - :scans, 0::bigint, 'feed_after scans no table in sequence');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 5000::bigint, 'feed_after looks at about as many rows as it gives, with 12 000 to come');
select pg_temp.fetched() as fetched \gset
select count(*) from inventory.feed_after(:'now');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 200::bigint, 'feed_after looks at few rows when there is nothing');
-- Many events of one transaction, as after an import of products, which is all that the statistics know of.
insert into inventory.products (sku, name) select 'pln-m' || n, 'n' from generate_series(1, 20000) as n;
analyze inventory.inventory_event;
-- Of this moment: after somebody else's commit this transaction would be among what is new.
select pg_snapshot_xmax(pg_current_snapshot()) as xmax, inventory.position() as now \gset
select pg_temp.fetched() as fetched \gset
select count(*) from inventory._drain(:'xmax', array['7', '9']::xid8[], now());
select cmp_ok(pg_temp.fetched() - :fetched, '<', 200::bigint, '_drain looks at few rows, however many events one transaction has written');
select pg_temp.fetched() as fetched \gset
select count(*) from inventory.feed_after(:'now');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 200::bigint, 'feed_after, too');
select regexp_replace(:'now', '[^.]*$', format('7:%s:7', :'xmax')) as ended \gset
select pg_temp.fetched() as fetched \gset
select count(*) from inventory.feed_after(:'ended');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 200::bigint, 'nor for a transaction that has ended since its position');

-- What the views do not have yet
-- With this transaction's own rows read.
update inventory.fold_state set snapshot = format('%1$s:%1$s:', pg_current_xact_id()::text::bigint + 1)::pg_snapshot, epoch = (select e.epoch from inventory.epoch as e);
select count(*) from inventory._unfolded();
select pg_temp.seq_scans() as scans, pg_temp.fetched() as fetched \gset
select count(*) from inventory._unfolded(false);
select is(pg_temp.seq_scans() - :scans, 0::bigint, '_unfolded scans no table in sequence');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 400::bigint, '_unfolded looks at few rows when there is nothing');

-- since leaves months out
create function pg_temp.months(in_since text) returns bigint language plpgsql as $$
declare
    v_line text;
    v_count bigint := 0;
begin
    set local plan_cache_mode = force_generic_plan;
    prepare months (timestamptz) as select count(*) from inventory.stock_ledger where xid >= '5' and recorded_at >= $1;
    for v_line in execute format('explain (costs off) execute months (%L)', in_since) loop
        v_count := v_count + (v_line like '%Scan%on stock_ledger_2%' or v_line like '%Scan%on stock_ledger_default%')::integer;
    end loop;
    deallocate months;
    return v_count;
end
$$;
select cmp_ok(pg_temp.months('-infinity'), '>=', 24::bigint, 'without a bound every month is read');
select cmp_ok(pg_temp.months(now()::text), '<=', 5::bigint, 'a position''s since leaves out the months before it');

-- A month that was empty when it was analysed, as next month's is, fills while plans are cached.
select n.oid::regclass as month, i.indexrelid::regclass as by_stock_row
from pg_class as n
join pg_index as i on i.indrelid = n.oid
join pg_attribute as a on a.attrelid = n.oid and a.attnum = i.indkey[0]
where n.relnamespace = 'inventory'::regnamespace and a.attname = 'store_id'
    and n.relname = 'stock_ledger_' || to_char((now() + interval '1 month') at time zone 'UTC', 'YYYY_MM') \gset
analyze :month;
select count(*) from inventory._drain(:'xmax', array['7', '9']::xid8[], now());
set local role inventory_engine;
insert into inventory.stock_ledger (store_id, product_id, kind, version, recorded_at, xid, rung)
select s.store_id, s.product_id, 'sale', 2000000 + n, date_trunc('month', now()) + interval '1 month 14 days', '5', true
from generate_series(1, 20) as n, inventory.inventory_stock as s where s.on_hand = 1000;
reset role;
select pg_stat_get_xact_tuples_returned(:'by_stock_row'::regclass) as returned \gset
select count(*) from inventory._drain(:'xmax', array['7', '9']::xid8[], now());
select is(pg_stat_get_xact_tuples_returned(:'by_stock_row'::regclass) - :returned, 0::bigint,
    '_drain reads no month whole, though it was empty when it was analysed');

-- HOT
select pg_stat_get_xact_tuples_updated('inventory.inventory_stock'::regclass) as updated,
    pg_stat_get_xact_tuples_hot_updated('inventory.inventory_stock'::regclass) as hot \gset
update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = :s and product_id = :p;
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (:s, :p, 'sale', -1);
update inventory.inventory_stock set on_hand = on_hand - 1 where store_id = :s and product_id = :p;
select is(pg_stat_get_xact_tuples_updated('inventory.inventory_stock'::regclass) - :updated, 3::bigint, 'three movements are three updates of the stock row');
select is(pg_stat_get_xact_tuples_hot_updated('inventory.inventory_stock'::regclass) - :hot, 3::bigint, 'each of them HOT');

-- Engine: with statistics of a time when there were few holds, an order looks at its own.
select inventory.set_stock('pln', (select jsonb_agg(jsonb_build_object('sku', 'pln-' || n, 'quantity', 100000)) from generate_series(1, 100) as n)) \gset
select inventory.reserve_stock('pln first', 'pln', '[{"sku": "pln-1", "quantity": 1}]', '1 hour') \gset
analyze inventory.stock_holds;
analyze inventory.stock_reservations;
select count(inventory.reserve_stock('pln ' || o, 'pln', (select jsonb_agg(jsonb_build_object('sku', 'pln-' || n, 'quantity', 1)) from generate_series(1, 100) as n), '1 hour'))
from generate_series(1, 20) as o;
select inventory.reserve_stock('pln one', 'pln', '[{"sku": "pln-2", "quantity": 1}]', '1 hour') \gset
select pg_temp.fetched() as fetched \gset
select is(inventory.process_order_stock_reduction('pln one', 'pln') ->> 'success', 'true', 'an order of one product is paid');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 200::bigint, 'and looks at few rows, whatever others have reserved');
select pg_temp.fetched() as fetched \gset
select is(inventory.process_order_stock_reduction('pln 7', 'pln') ->> 'success', 'true', 'one of a hundred, too');
select cmp_ok(pg_temp.fetched() - :fetched, '<', 20000::bigint, 'looks at its own rows some times, and at no other''s');

select * from finish();
rollback;
