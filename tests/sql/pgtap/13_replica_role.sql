-- session_replication_role = replica, where ordinary triggers are silent: ours are ALWAYS.
begin;
select no_plan();

select test.store('rep-a');
select test.product('rep-' || n) from generate_series(1, 5) as n;
create function pg_temp.a() returns bigint language sql as $$ select test.store('rep-a') $$;
create function pg_temp.p(n integer) returns bigint language sql as $$ select test.product('rep-' || n) $$;
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
insert into inventory.inventory_stock (store_id, product_id, on_hand) select pg_temp.a(), pg_temp.p(n), 10 from generate_series(1, 3) as n;

set local session_replication_role = replica;
update inventory.inventory_stock set on_hand = 8 where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is(test.movements('rep-a', 'rep-1'), '1:direct +10>10, 2:direct -2>8', 'UPDATE is recorded');
update inventory.inventory_stock set low_stock_threshold = 5 where store_id = pg_temp.a() and product_id = pg_temp.p(1);
select is((select count(*) from inventory.inventory_event where type = 'stock_settings_changed' and product_id = pg_temp.p(1)), 1::bigint, 'a threshold is an event');
delete from inventory.inventory_stock where store_id = pg_temp.a() and product_id = pg_temp.p(2);
select is(test.movements('rep-a', 'rep-2'), '1:direct +10>10, 2:direct -10>0', 'DELETE is recorded');
update inventory.inventory_stock set product_id = pg_temp.p(2) where store_id = pg_temp.a() and product_id = pg_temp.p(3);
select is(test.movements('rep-a', 'rep-2'), '1:direct +10>10, 2:direct -10>0, 3:direct +10>10', 'a changed key is recorded');
select is(pg_temp.try('update inventory.products set name = ''N'' where sku = ''rep-1'''), 'done', 'products can be edited');
select is((select count(*) from inventory.inventory_event where type = 'product_updated' and product_id = pg_temp.p(1)), 1::bigint, 'which is an event');
select is_empty('select test.contradictions()', 'Q1 holds');

select alike(pg_temp.try('insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store(''rep-a''), test.product(''rep-4''), 1)'),
    'SD009 %', 'a row inserted without a version is refused: nobody could say whether its movement comes along');
select alike(pg_temp.try('insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (test.store(''rep-a''), test.product(''rep-1''), ''sale'', -1)'),
    'SD009 %', 'a movement without a version too');
select alike(pg_temp.try('delete from inventory.stock_ledger'), 'SD005 %', 'history stays append-only');

-- As a data-only restore in this role does it: rows carry their versions and come with their movements.
insert into inventory.inventory_stock (store_id, product_id, on_hand, reserved, low_stock_threshold, allow_negative, version, on_hand_delta)
values (pg_temp.a(), pg_temp.p(5), 3, 0, 0, false, 2, -1);
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, on_hand_after, version)
values (pg_temp.a(), pg_temp.p(5), 'direct', 4, 4, 1), (pg_temp.a(), pg_temp.p(5), 'direct', -1, 3, 2);
select is(test.stock('rep-a', 'rep-5'), 'on_hand 3 reserved 0 version 2', 'a row that carries its version passes');
select is(test.movements('rep-a', 'rep-5'), '1:direct +4>4, 2:direct -1>3', 'and nothing is recorded twice');
update inventory.inventory_stock set on_hand = 4, version = 3 where store_id = pg_temp.a() and product_id = pg_temp.p(5);
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta, on_hand_after, version)
values (pg_temp.a(), pg_temp.p(5), 'direct', 1, 4, 3);
select is(test.movements('rep-a', 'rep-5'), '1:direct +4>4, 2:direct -1>3, 3:direct +1>4', 'nor an UPDATE that carries its version');
select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
