-- Plain SQL on 100 000 stock rows at once.
begin;
select plan(2);

insert into inventory.stores (code, name) select 'bulk-' || n, 'bulk' from generate_series(1, 1000) as n;
insert into inventory.products (sku, name) select 'bulk-' || n, 'bulk' from generate_series(1, 100) as n;
insert into inventory.inventory_stock (store_id, product_id, on_hand, low_stock_threshold, allow_negative)
select s.store_id, p.product_id, 10, 0, false from inventory.stores as s, inventory.products as p
where s.code like 'bulk-%' and p.sku like 'bulk-%';
update inventory.inventory_stock set on_hand = on_hand - 3 where on_hand = 10;
select is(
    (select format('%s %s %s', count(*), min(on_hand_after), max(version)) from inventory.stock_ledger where on_hand_delta = -3 and on_hand_after = 7 and version = 2),
    '100000 7 2', 'an UPDATE of 100 000 rows writes 100 000 movements'
);
delete from inventory.inventory_stock where on_hand = 7;
select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
