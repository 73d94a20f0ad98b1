-- Several changes of one stock row in one statement: whichever trigger comes first, versions stay dense, or the statement is refused.
begin;
select no_plan();

select test.store('one-a') as s \gset
select test.product('one-' || n) from generate_series(1, 6) as n;
create function pg_temp.s() returns bigint language sql as $$ select test.store('one-a') $$;
create function pg_temp.p(n integer) returns bigint language sql as $$ select test.product('one-' || n) $$;
insert into inventory.inventory_stock (store_id, product_id, on_hand) select pg_temp.s(), pg_temp.p(n), 10 from generate_series(1, 4) as n;

-- The row goes, and a movement makes it again.
with gone as (delete from inventory.inventory_stock where store_id = pg_temp.s() and product_id = pg_temp.p(1))
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.s(), pg_temp.p(1), 'purchase', 5);
select is(test.stock('one-a', 'one-1'), 'on_hand 5 reserved 0 version 3', 'a movement makes a row again that its own statement deletes');
select is(test.movements('one-a', 'one-1'), '1:direct +10>10, 2:direct -10>0, 3:purchase +5>5', 'after the movement of the deletion');

-- A row that is deleted and inserted in one statement, whichever is the main one
with gone as (delete from inventory.inventory_stock where store_id = pg_temp.s() and product_id = pg_temp.p(2) returning *)
insert into inventory.inventory_stock (store_id, product_id, on_hand) select store_id, product_id, 7 from gone;
select is(test.movements('one-a', 'one-2'), '1:direct +10>10, 2:direct -10>0, 3:direct +7>7', 'deleted and inserted again');

-- The key changes, and a movement makes the row that was left again.
with moved as (update inventory.inventory_stock set product_id = pg_temp.p(5) where store_id = pg_temp.s() and product_id = pg_temp.p(3))
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.s(), pg_temp.p(3), 'purchase', 5);
select is(test.movements('one-a', 'one-3'), '1:direct +10>10, 2:direct -10>0, 3:purchase +5>5', 'a movement makes a row again that its own statement moves away');
select is(test.movements('one-a', 'one-5'), '1:direct +10>10', 'which has arrived');

-- What is not settled when the movement comes is refused.
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
select is(
    pg_temp.try($$
        with moved as (update inventory.inventory_stock set product_id = pg_temp.p(6) where store_id = pg_temp.s() and product_id = pg_temp.p(4))
        insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.s(), pg_temp.p(6), 'purchase', 5)
    $$),
    'SD008 the stock row of one-6 in one-a was made again or got its key in the same statement, so it takes no movement there',
    'a movement of a row whose key is changed in the same statement'
);
delete from inventory.inventory_stock where store_id = pg_temp.s() and product_id = pg_temp.p(4);
select alike(
    pg_temp.try($$
        with made as (insert into inventory.inventory_stock (store_id, product_id, on_hand) values (pg_temp.s(), pg_temp.p(4), 1))
        insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.s(), pg_temp.p(4), 'purchase', 5)
    $$),
    'SD008 the stock row of one-4 in one-a was made again%', 'a movement of a row that is made again in the same statement'
);
-- A row that was never there has no older version to go on from.
with made as (insert into inventory.inventory_stock (store_id, product_id, on_hand) values (pg_temp.s(), pg_temp.p(6), 1))
insert into inventory.stock_ledger (store_id, product_id, kind, on_hand_delta) values (pg_temp.s(), pg_temp.p(6), 'purchase', 5);
select is(test.movements('one-a', 'one-6'), '1:direct +1>1, 2:purchase +5>6', 'a movement of a row that the same statement makes for the first time');
select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
