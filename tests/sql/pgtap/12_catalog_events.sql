-- Every edit of products, stores, vendors and categories is an event.
begin;
select no_plan();

create function pg_temp.mark() returns bigint language sql as $$ select coalesce(max(event_seq), 0) from inventory.inventory_event $$;
create function pg_temp.since(in_mark bigint) returns text language sql as $$
    select string_agg(
        e.type || ' ' || coalesce((
            select string_agg(format('%s:%s>%s', c ->> 'field', c ->> 'oldValue', c ->> 'newValue'), ' ' order by c ->> 'field')
            from jsonb_array_elements(e.changes) as c
        ), '-'), ', ' order by e.type
    )
    from inventory.inventory_event as e where e.event_seq > in_mark
$$;
create function pg_temp.try(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'done';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;

select pg_temp.mark() as m \gset
insert into inventory.vendors (code, name) values ('ev-v', 'Vendor');
insert into inventory.categories (code, name) values ('ev-c', 'Category');
insert into inventory.stores (code, name) values ('ev-s', 'Store');
select is(pg_temp.since(:m),
    'category_created active:>true code:>ev-c name:>Category, '
    'store_created active:>true allow_negative:>false code:>ev-s currency:>EUR low_stock_threshold:>0 name:>Store time_zone:>UTC, '
    'vendor_created active:>true code:>ev-v name:>Vendor',
    'created vendors, categories and stores, with what they are'
);
select pg_temp.mark() as m \gset
insert into inventory.products (sku, name, vendor_id, base_price)
select 'ev-p', 'Product', vendor_id, 1.5 from inventory.vendors where code = 'ev-v';
select is(pg_temp.since(:m),
    (select 'product_created active:>true availability:>available base_price:>1.500000 base_unit:>piece name:>Product packs_per_box:>1 '
            'pieces_per_pack:>1 sku:>ev-p vendor_id:>' || vendor_id from inventory.vendors where code = 'ev-v'),
    'a created product');
select is(
    (select e.vendor_id from inventory.inventory_event as e where e.event_seq > :m),
    (select vendor_id from inventory.vendors where code = 'ev-v'), 'its event names its vendor'
);

select pg_temp.mark() as m \gset
update inventory.products set base_price = 2, name = 'Other', availability = 'preorder', pieces_per_pack = 6 where sku = 'ev-p';
select is(pg_temp.since(:m),
    'availability_changed availability:available>preorder, price_changed base_price:1.500000>2.000000, product_updated name:Product>Other pieces_per_pack:1>6',
    'one event per type that an UPDATE touches, each field in exactly one'
);
select pg_temp.mark() as m \gset
update inventory.products set base_price = 2.0 where sku = 'ev-p';
update inventory.products set name = name;
select is(pg_temp.since(:m), null, 'an UPDATE that changes nothing is no event');
select updated_at as u from inventory.products where sku = 'ev-p' \gset
update inventory.products set updated_at = 'epoch', created_at = 'epoch' where sku = 'ev-p';
select is((select updated_at from inventory.products where sku = 'ev-p'), :'u'::timestamptz, 'times are not people''s to set');
select is(pg_temp.since(:m), null, 'so that no change goes without an event');
insert into inventory.products (sku, name, created_at, updated_at) values ('ev-inf', 'Infinity', 'infinity', 'infinity');
insert into inventory.stores (code, name, updated_at) values ('ev-inf', 'Infinity', '-infinity');
select is(
    (select max(updated_at) < now() + interval '1 hour' and min(updated_at) > now() - interval '1 hour'
         and max(created_at) < now() + interval '1 hour'
     from (
         select created_at, updated_at from inventory.products where sku = 'ev-inf'
         union all select created_at, updated_at from inventory.stores where code = 'ev-inf'
     ) as t),
    true, 'nor with a new row'
);
delete from inventory.products where sku = 'ev-inf';
delete from inventory.stores where code = 'ev-inf';
select pg_temp.mark() as m \gset
update inventory.products set base_price = null, active = false, low_stock_threshold = 3, sku = 'ev-q' where sku = 'ev-p';
select is(pg_temp.since(:m), 'price_changed base_price:2.000000>, product_updated active:true>false low_stock_threshold:>3 sku:ev-p>ev-q', 'null and other fields');
select cmp_ok((select updated_at from inventory.products where sku = 'ev-q'), '>', :'u'::timestamptz, 'a change moves updated_at');

select pg_temp.mark() as m \gset
update inventory.stores set name = 'Shop', active = false where code = 'ev-s';
update inventory.vendors set name = 'V' where code = 'ev-v';
update inventory.categories set code = 'ev-d' where code = 'ev-c';
select is(pg_temp.since(:m), 'category_updated code:ev-c>ev-d, store_updated active:true>false name:Store>Shop, vendor_updated name:Vendor>V', 'updated stores, vendors, categories');

select pg_temp.mark() as m \gset
delete from inventory.products where sku = 'ev-q';
delete from inventory.stores where code = 'ev-s';
delete from inventory.vendors where code = 'ev-v';
delete from inventory.categories where code = 'ev-d';
select is(
    (select string_agg(format('%s %s', type, (select c ->> 'oldValue' from jsonb_array_elements(changes) as c where c ->> 'field' in ('sku', 'code'))), ', ' order by event_seq)
     from inventory.inventory_event where event_seq > :m),
    'product_deleted ev-q, store_deleted ev-s, vendor_deleted ev-v, category_deleted ev-d', 'deleted ones, by what they were'
);

-- Many at once
select pg_temp.mark() as m \gset
insert into inventory.products (sku, name) select 'ev-' || n, 'n' from generate_series(1, 500) as n;
update inventory.products set base_price = 1, name = 'm' where sku like 'ev-%';
delete from inventory.products where sku like 'ev-%';
select results_eq(
    format('select type, count(*) from inventory.inventory_event where event_seq > %s group by type order by type', :m),
    $$ values ('price_changed', 500::bigint), ('product_created', 500::bigint), ('product_deleted', 500::bigint), ('product_updated', 500::bigint) $$,
    'statements of many rows: an event for each'
);

-- Context
set local inventory.actor = 'Ana';
set local inventory.correlation_id = 'req-9';
insert into inventory.vendors (code, name) values ('ev-w', 'W');
select is((select actor || ' ' || correlation_id from inventory.inventory_event order by event_seq desc limit 1), 'Ana req-9', 'events say who');

-- Refused
insert into inventory.products (sku, name) values ('ev-x', 'X');
select alike(pg_temp.try('update inventory.products set pieces_per_pack = 0 where sku = ''ev-x'''), '23514 %products_pieces_per_pack_ck%', 'zero units per pack are refused');
select alike(pg_temp.try('update inventory.products set packs_per_box = -1 where sku = ''ev-x'''), '23514 %products_packs_per_box_ck%', 'negative units per box are refused');
select alike(pg_temp.try('insert into inventory.products (sku, name, pieces_per_pack) values (''ev-y'', ''Y'', -6)'), '23514 %', 'also of a new product');
select alike(pg_temp.try('update inventory.products set base_price = -0.01 where sku = ''ev-x'''), '23514 %', 'a negative price is refused');
select alike(pg_temp.try('update inventory.products set base_price = ''NaN'' where sku = ''ev-x'''), '23514 %products_base_price_ck%', 'a price that is no number is refused');
select alike(pg_temp.try('insert into inventory.stores (code, name, time_zone) values (''ev-z'', ''Z'', ''Nowhere/City'')'), '22023 %Nowhere/City%', 'an unknown time zone is refused by name');
select alike(pg_temp.try('update inventory.products set availability = ''maybe'' where sku = ''ev-x'''), '23514 %', 'an unknown availability is refused');
select alike(pg_temp.try('insert into inventory.products (sku, name) values ('''', ''no sku'')'), '23514 %', 'an empty sku is refused');
select alike(pg_temp.try('insert into inventory.products (sku, name) values (''ev-x'', ''twice'')'), '23505 %', 'a sku that is taken is refused');
select alike(pg_temp.try('update inventory.stores set currency = ''euro'''), case when (select count(*) from inventory.stores) > 0 then '23514 %' else 'done' end, 'a wrong currency is refused');
select alike(pg_temp.try('update inventory.products set product_id = default where sku = ''ev-x'''), '428C9 product_id of a product cannot be changed', 'an id cannot be changed');
select alike(pg_temp.try('truncate inventory.products cascade'), 'SD008 %', 'TRUNCATE of products is refused');
select alike(pg_temp.try('truncate inventory.stores cascade'), 'SD008 %', 'TRUNCATE of stores is refused');
select alike(pg_temp.try('update inventory.inventory_event set actor = ''x'''), 'SD005 %', 'events cannot be changed');
select alike(pg_temp.try('delete from inventory.inventory_event'), 'SD005 %', 'events cannot be deleted');
select alike(pg_temp.try('truncate inventory.inventory_event'), 'SD005 %', 'events cannot be truncated');
insert into inventory.stores (code, name) values ('ev-t', 'T');
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('ev-t'), test.product('ev-x'), 1);
select alike(pg_temp.try('delete from inventory.products where sku = ''ev-x'''), '23503 %', 'a product with stock cannot be deleted');

select * from finish();
rollback;
