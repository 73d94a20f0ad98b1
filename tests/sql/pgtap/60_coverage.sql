-- Names of the requirements that no other file here uses by themselves (docs/reference/coverage.md).
begin;
select no_plan();

select test.product('cov-1');
select max(event_seq) as m from inventory.inventory_event \gset
update inventory.products set availability = 'out_of_stock' where sku = 'cov-1';
update inventory.products set availability = 'preorder' where sku = 'cov-1';
update inventory.products set availability = 'discontinued' where sku = 'cov-1';
update inventory.products set availability = 'available' where sku = 'cov-1';
select results_eq(
    format('select type, changes -> 0 ->> ''newValue'' from inventory.inventory_event where event_seq > %s order by event_seq', :m),
    $$ values
        ('availability_changed', 'out_of_stock'), ('availability_changed', 'preorder'),
        ('availability_changed', 'discontinued'), ('availability_changed', 'available')
    $$,
    'each availability can be set, and each time is an event'
);

select * from finish();
rollback;
