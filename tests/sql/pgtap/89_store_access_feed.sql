-- What the feed shows a login that may use some stores only. Not in one transaction, because a feed shows nothing that is not committed.
select no_plan();

select test.store('acf-a') as a, test.store('acf-b') as b, test.product('acf-1') as p \gset
create role acf_till login in role inventory_writer;
select inventory.position() as start \gset
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:a, :p, 1);
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (:b, :p, 1);
update inventory.inventory_stock set on_hand = 2 where product_id = :p;
update inventory.stores set name = 'X' where store_id in (:a, :b);
update inventory.products set name = 'X' where product_id = :p;
select inventory.position() as middle \gset
-- A backlog of the other store's, longer than the limit below.
select inventory.adjust_stock('acf-b', '[{"sku": "acf-1", "quantity": 1}]', 'x') from generate_series(1, 3) \g /dev/null
select inventory.adjust_stock('acf-b', '[{"sku": "acf-1", "quantity": 1}]', 'x') \g /dev/null
select inventory.adjust_stock('acf-b', '[{"sku": "acf-1", "quantity": 1}]', 'x') \g /dev/null
update inventory.inventory_stock set on_hand = 3 where store_id = :a and product_id = :p;
update inventory.inventory_stock set on_hand = 4 where store_id = :a and product_id = :p;

insert into inventory.store_access (login, store_id) values ('acf_till', :a);
set session authorization acf_till;
select is(
    test.news(:'start'), 'acf-a/acf-1 1, acf-a/acf-1 2, store_updated, product_updated, acf-a/acf-1 3, acf-a/acf-1 4',
    'its store''s movements and events, and those of no store'
);
select is(
    (select string_agg(format('%s %s', f.store, f.version), ', ') from inventory.feed_after(:'middle', 1) as f), 'acf-a 3',
    'others'' backlog is passed over, however long'
);
select feed_position as next from inventory.feed_after(:'middle', 1) \gset
select is((select string_agg(format('%s %s', f.store, f.version), ', ') from inventory.feed_after(:'next', 1) as f), 'acf-a 4', 'and the next one comes after it');
reset session authorization;
select is((select count(*) from inventory.feed_after(:'middle')), 7::bigint, 'one that is not listed gets all');

delete from inventory.store_access where login = 'acf_till';
drop role acf_till;
select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
