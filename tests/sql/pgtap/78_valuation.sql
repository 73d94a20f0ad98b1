-- What stock is worth: by lots, by the last purchase, and at any time what it was then. Quantities always come to those of stock_at().
begin;
select no_plan();

select test.store('val-a') as a, test.store('val-b') as b \gset
update inventory.stores set currency = 'GBP' where code = 'val-b';
select test.product('val-none') as none \gset
select test.product('val-fifo'), test.product('val-fefo'), test.product('val-later');
update inventory.products set pieces_per_pack = 6 where sku = 'val-none';
select inventory.set_lot_policy('val-fifo', 'fifo'), inventory.set_lot_policy('val-fefo', 'fefo');
create function pg_temp.worth(in_sku text, in_store text default 'val-a', in_time timestamptz default null) returns text
language sql as $$
    select string_agg(concat_ws(' ', coalesce(v.lot, '-'), v.expires_on - current_date, v.quantity, coalesce(v.value::text, '?')), ', ')
    from inventory.stock_valuation(in_time, in_store) as v where v.sku = in_sku
$$;
-- What it was after each step, as it was then.
create temporary table seen (at timestamptz, step text, worth text, stock text);
create function pg_temp.stock(in_time timestamptz) returns text language sql as $$
    select string_agg(format('%s %s %s', s.store_code, s.sku, s.on_hand), ', ' order by s.store_code, s.sku)
    from inventory.stock_at(in_time) as s where s.store_code like 'val-%' and s.on_hand <> 0
$$;
create function pg_temp.valued(in_time timestamptz) returns text language sql as $$
    select string_agg(format('%s %s %s', v.store_code, v.sku, v.quantity), ', ' order by v.store_code, v.sku)
    from (
        select v.store_code, v.sku, sum(v.quantity) as quantity from inventory.stock_valuation(in_time) as v
        where v.store_code like 'val-%' group by 1, 2 having sum(v.quantity) <> 0
    ) as v
$$;
create function pg_temp.look(in_step text) returns void language sql as $$
    insert into seen
    select clock_timestamp(), in_step, (
        select string_agg(to_jsonb(v)::text, E'\n' order by v.store_code, v.sku, v.lot_id) from inventory.stock_valuation() as v
        where v.store_code like 'val-%'
    ), pg_temp.stock('infinity')
$$;
create function pg_temp.receive(in_sku text, in_quantity numeric, in_cost numeric, in_lot text, in_days integer default null, in_store text default 'val-a', in_unit text default null)
returns void language sql as $$
    select inventory.must(inventory.receive_purchase(in_store, jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'sku', in_sku, 'quantity', in_quantity, 'unit_cost', in_cost, 'lot', in_lot, 'expires_on', current_date + in_days, 'unit', in_unit
    )))))
$$;

select pg_temp.look('nothing');
select pg_temp.receive('val-fifo', 3, 1, 'A'), pg_temp.receive('val-fifo', 3, 2, 'B'), pg_temp.look('received');
select pg_temp.receive('val-fefo', 3, 1, 'A', 9), pg_temp.receive('val-fefo', 3, 2, 'B', 5), pg_temp.look('by expiry');
select is(pg_temp.worth('val-fifo'), 'A 3 3, B 3 6', 'a row per lot');
select is(pg_temp.worth('val-fefo'), 'A 9 3 3, B 5 3 6', 'with what it expires on');
select inventory.must(inventory.record_sale('val-a', '[{"sku": "val-fifo", "quantity": 4}, {"sku": "val-fefo", "quantity": 4}]', 'S1')), pg_temp.look('sold');
select is(pg_temp.worth('val-fifo'), 'B 2 4', 'what is left');
select is(pg_temp.worth('val-fefo'), 'A 9 2 2', 'by its own order');
select inventory.must(inventory.return_sale('val-a', '[{"sku": "val-fifo", "quantity": 1}]', 'S1')), pg_temp.look('returned');
select inventory.must(inventory.add_lot_cost('val-a', max(l.lot_id), 3)) from inventory.stock_lots as l where l.lot = 'B' and l.expires_on is null;
select pg_temp.look('late cost');
update inventory.inventory_stock set allow_negative = true where store_id = :a;
update inventory.inventory_stock as s set on_hand = -2 from inventory.products as p where p.product_id = s.product_id and p.sku = 'val-fefo' and s.store_id = :a;
select pg_temp.look('owed');
select is(pg_temp.worth('val-fefo'), '- -2 -4', 'what is owed is below zero');
select is(count(*), 1::bigint, 'and came in never') from inventory.stock_valuation() as v where v.sku = 'val-fefo' and v.received is null and v.lot_id is not null;
select pg_temp.receive('val-fefo', 5, 3, 'C'), pg_temp.look('settled');
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (:a, test.product('val-fefo'), 'purchase', 2);
select pg_temp.look('by the ledger');

-- Without lots
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:a, :none, 4);
select pg_temp.look('no cost');
select is(pg_temp.worth('val-none'), '- 4 ?', 'a cost that nobody said is blank');
select pg_temp.receive('val-none', 1, 10, 'X', null, 'val-a', 'pack'), pg_temp.look('cost of a pack');
select is(pg_temp.worth('val-none'), '- 10 16.666667', 'the last cost, of a base unit');
select pg_temp.receive('val-none', 2, 2, null), pg_temp.look('another cost');
select pg_temp.receive('val-none', 3, null, null), pg_temp.look('a purchase without cost');
select is(pg_temp.worth('val-none'), '- 15 30', 'the last one that was said');
select pg_temp.receive('val-none', 3, 7, null, null, 'val-b'), pg_temp.look('another store');
select is((select v.value || ' ' || v.currency || ' ' || v.unit_cost from inventory.stock_valuation(null, 'val-b') as v), '21 GBP 7', 'in each store''s currency');
select is(pg_temp.worth('val-none'), '- 15 30', 'costs of another store are none here');

-- Policies begin and end between movements.
select pg_temp.receive('val-later', 10, 5, 'L'), pg_temp.look('before the policy');
select inventory.set_lot_policy('val-later', 'fifo', 4), pg_temp.look('policy');
select is(pg_temp.worth('val-later'), '- 10 40', 'a policy values what it finds');
select inventory.must(inventory.record_sale('val-a', '[{"sku": "val-later", "quantity": 3}]')), pg_temp.look('sold by policy');
select inventory.set_lot_policy('val-later', null), pg_temp.look('no policy');
select is(pg_temp.worth('val-later'), '- 7 35', 'without it the last purchase counts again');
select inventory.set_lot_policy('val-later', 'fefo', 6), pg_temp.look('policy again');
delete from inventory.inventory_stock as s using inventory.products as p where p.product_id = s.product_id and p.sku in ('val-fifo', 'val-later');
select pg_temp.look('deleted');
select is(pg_temp.worth('val-fifo'), null, 'nothing is worth nothing');
select pg_temp.receive('val-later', 2, 1, 'M'), pg_temp.look('made again');

select is(pg_temp.valued(null), pg_temp.stock('infinity'), 'now it comes to what is there');
select is(pg_temp.valued(s.at), s.stock, format('quantities at: %s', s.step)) from seen as s;
select is(
    (
        select string_agg(to_jsonb(v)::text, E'\n' order by v.store_code, v.sku, v.lot_id) from inventory.stock_valuation(s.at) as v
        where v.store_code like 'val-%'
    ),
    s.worth, format('what it was worth at: %s', s.step)
)
from seen as s;
select is(count(*), 21::bigint, 'that many times') from seen;
-- Any other moment: between the movement and its lots, too.
select is(pg_temp.valued(e.recorded_at - d.less), pg_temp.stock(e.recorded_at - d.less), 'quantities at any time')
from (
    select l.recorded_at from inventory.stock_ledger as l where l.store_id = :a
    union all
    select e.recorded_at from inventory.stock_lot_entries as e where e.store_id = :a
) as e, (values (interval '0'), (interval '1 microsecond')) as d (less);
select is_empty(
    format(
        $$
            select l.version, v.* from inventory.stock_ledger as l, inventory.stock_valuation(l.recorded_at, 'val-a') as v
            where l.store_id = %s and l.product_id in (test.product('val-fifo'), test.product('val-fefo'))
                and v.sku in ('val-fifo', 'val-fefo') and v.lot_id is null
        $$, :a
    ),
    'and all of it in its lots'
);
select throws_ok($$ select * from inventory.stock_valuation(null, 'val-x') $$, 'SD006', null, 'a store that there is');

select * from finish();
rollback;
