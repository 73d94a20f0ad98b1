-- Products as operations: made, changed, offered or not, deleted; and what a vendor supplies.
begin;
select no_plan();

select test.store('pd-a'), test.store('pd-b');
insert into inventory.vendors (code, name) values ('pd-v', 'V'), ('pd-w', 'W');
insert into inventory.categories (code, name) values ('pd-c', 'C');

-- What an answer says: true, or the errors.
create function pg_temp.said(in_answer jsonb) returns text language sql as $$
    select case when in_answer -> 'success' = 'true' then 'done'
        else (select string_agg(format('%s: %s', m ->> 'code', m ->> 'message'), '; ') from jsonb_array_elements(in_answer -> 'errors') as m) end
$$;
create function pg_temp.raised(in_sql text) returns text language plpgsql as $$
begin
    execute in_sql;
    return 'nothing raised';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
-- The events of a product, in order.
create function pg_temp.events(in_sku text) returns text language sql as $$
    select string_agg(e.type || ' by ' || e.actor, ', ' order by e.event_seq) from inventory.inventory_event as e
    where e.product_id = (select p.product_id from inventory.products as p where p.sku = in_sku)
$$;

-- Make
select inventory.create_product('{"sku": "pd-1", "name": "One", "description": "first", "vendor": "pd-v", "category": "pd-c", "base_price": 2.5,
    "availability": "preorder", "base_unit": "gram", "pieces_per_pack": 3, "packs_per_box": 2, "low_stock_threshold": 4, "allow_negative": true}',
    actor => 'Ana', idempotency_key => 'k1') as answer \gset
select is(pg_temp.said(:'answer'), 'done', 'a product is made');
select is(
    (:'answer'::jsonb -> 'product') - array['created_at', 'updated_at'],
    '{"sku": "pd-1", "name": "One", "description": "first", "vendor": "pd-v", "category": "pd-c", "base_price": 2.500000, "availability": "preorder",
    "base_unit": "gram", "pieces_per_pack": 3, "packs_per_box": 2, "low_stock_threshold": 4, "allow_negative": true, "active": true}'::jsonb,
    'and answered as it is, vendor and category by code'
);
select is(pg_temp.events('pd-1'), 'product_created by Ana', 'with its event, which says who');
select is(current_setting('inventory.actor', true) is not distinct from '' or current_setting('inventory.actor', true) is null, true, 'the session''s own actor is as before');
select is(:'answer'::jsonb -> 'movements', '[]', 'nothing moved');
select is(
    inventory.create_product('{"sku": "pd-1", "name": "One", "description": "first", "vendor": "pd-v", "category": "pd-c", "base_price": 2.50,
        "availability": "preorder", "base_unit": "gram", "pieces_per_pack": 3, "packs_per_box": 2, "low_stock_threshold": 4, "allow_negative": true}',
        actor => 'Ana', idempotency_key => 'k1') -> 'replayed', 'true', 'the same request again is answered, not done'
);
select is(pg_temp.said(inventory.create_product('{"sku": "pd-1"}')), 'sku_exists: Product pd-1 is there already', 'a sku names one product');
select is((select count(*) from inventory.operation_refusals as r where r.operation = 'create_product' and r.code = 'sku_exists'), 1::bigint, 'a refusal is recorded');
select throws_like($$ select inventory.must(inventory.create_product('{"sku": "pd-1"}')) $$, '%is there already%', 'must() raises what was refused');
select is(pg_temp.raised($$ select inventory.must(inventory.create_product('{"sku": "pd-1"}')) $$), 'SD035 Product pd-1 is there already', 'by its SQLSTATE');
select is(pg_temp.said(inventory.create_product('{"sku": "pd-2"}')), 'done', 'a sku is enough');
select results_eq(
    $$ select name, base_unit, pieces_per_pack, availability, vendor_id from inventory.products where sku = 'pd-2' $$,
    $$ values ('pd-2', 'piece', 1::bigint, 'available', null::bigint) $$, 'what is left out has its default'
);

-- Wrong arguments raise
select is(pg_temp.raised(format('select inventory.create_product(%L)', w.product)), w.said, 'refused: ' || left(w.product, 60))
from (values
    ('{"name": "x"}', '22004 a product needs a sku'),
    ('[]', '22023 a product is given as an object'),
    ('{"sku": "pd-3", "colour": "red"}', '22023 a product has no field "colour"'),
    ('{"sku": "pd-3", "active": false}', '22023 a product has no field "active"'),
    ('{"sku": ""}', '22023 sku cannot be ""'),
    ('{"sku": null}', '22023 sku cannot be null'),
    ('{"sku": 3}', '22023 sku cannot be 3'),
    ('{"sku": "pd-3", "base_price": -1}', '22023 base_price cannot be -1'),
    ('{"sku": "pd-3", "base_price": 0.0000001}', '22023 base_price cannot be 0.0000001'),
    ('{"sku": "pd-3", "base_price": "1"}', '22023 base_price cannot be "1"'),
    ('{"sku": "pd-3", "base_price": 1e12}', '22023 base_price cannot be 1000000000000'),
    ('{"sku": "pd-3", "pieces_per_pack": 0}', '22023 pieces_per_pack cannot be 0'),
    ('{"sku": "pd-3", "pieces_per_pack": 1.5}', '22023 pieces_per_pack cannot be 1.5'),
    ('{"sku": "pd-3", "packs_per_box": 1000000001}', '22023 packs_per_box cannot be 1000000001'),
    ('{"sku": "pd-3", "low_stock_threshold": -1}', '22023 low_stock_threshold cannot be -1'),
    ('{"sku": "pd-3", "allow_negative": "yes"}', '22023 allow_negative cannot be "yes"'),
    ('{"sku": "pd-3", "availability": "soon"}', '22023 availability cannot be ''soon'''),
    ('{"sku": "pd-3", "vendor": "pd-x"}', 'SD006 no vendor has the code "pd-x"'),
    ('{"sku": "pd-3", "category": "pd-x"}', 'SD006 no category has the code "pd-x"'),
    (format('{"sku": "%s"}', repeat('x', 201)), '22001 sku is too long'),
    (format('{"sku": "pd-3", "name": "%s"}', repeat('x', 1001)), '22001 name is too long'),
    (format('{"sku": "pd-3", "base_unit": "%s"}', repeat('x', 51)), '22001 base_unit is too long')
) as w (product, said);
select is(pg_temp.raised($$ select inventory.create_product(null) $$), '22023 a product is given as an object', 'null is no product');
select is((select count(*) from inventory.products where sku = 'pd-3'), 0::bigint, 'nothing was made');

-- Change
select inventory.update_product('pd-1', '{"name": "Eins", "base_price": 3, "vendor": null}', actor => 'Bo') as answer \gset
select is(:'answer'::jsonb -> 'changed', '["base_price", "name", "vendor"]', 'the fields that are named are changed');
select is(:'answer'::jsonb #>> '{product,description}', 'first', 'the others stay');
select is(:'answer'::jsonb #> '{product,vendor}', 'null', 'null takes a value away');
select is(pg_temp.events('pd-1'), 'product_created by Ana, price_changed by Bo, product_updated by Bo', 'each kind of change is an event, by who made it');
select is(inventory.update_product('pd-1', '{"name": "Eins"}') -> 'changed', '[]', 'what is so already changes nothing');
select is(inventory.update_product('pd-1', '{}') -> 'changed', '[]', 'and nothing is nothing');
select is(pg_temp.events('pd-1'), 'product_created by Ana, price_changed by Bo, product_updated by Bo', 'without an event');
select is(pg_temp.said(inventory.update_product('pd-1', '{"sku": "pd-2", "name": "Zwei"}')), 'sku_exists: Product pd-2 is there already', 'no sku of another product');
select is((select name from inventory.products where sku = 'pd-1'), 'Eins', 'and then nothing is changed');
select is(current_setting('inventory.actor', true), '', 'also when it is refused the session''s own actor is as before');
select is(pg_temp.said(inventory.update_product('pd-1', '{"sku": "pd-9"}')), 'done', 'a sku may change');
select is(pg_temp.said(inventory.update_product('pd-9', '{"sku": "pd-1", "base_unit": "kilogram"}')), 'done', 'so may a base unit in which nothing was counted');
select inventory.receive_purchase('pd-a', '[{"sku": "pd-1", "quantity": 5}]');
select is(pg_temp.said(inventory.update_product('pd-1', '{"base_unit": "gram"}')), 'base_unit_in_use: Quantities of pd-1 are recorded in kilogram', 'not one in which stock was counted');
select inventory.set_unit('half', 1, 2, sku => 'pd-2');
select is(pg_temp.said(inventory.update_product('pd-2', '{"base_unit": "gram"}')), 'base_unit_in_use: Quantities of pd-2 are recorded in piece', 'nor one that units count');
select is(inventory.update_product('pd-1', '{"base_unit": "kilogram", "name": "One"}') -> 'changed', '["name"]', 'the same is no other');
select is(pg_temp.raised($$ select inventory.update_product('pd-x', '{}') $$), 'SD006 no product has the sku "pd-x"', 'an unknown product raises');
select is(pg_temp.raised($$ select inventory.update_product('pd-1', '{"active": false}') $$), '22023 a product is deleted by delete_product()', 'deleting is another operation');
select is(pg_temp.raised($$ select inventory.update_product('pd-1', '{"product_id": 4}') $$), '22023 a product has no field "product_id"', 'ids are nobody''s to change');

-- Availability
select inventory.update_availability('pd-2', 'out_of_stock', actor => 'Bo') as answer \gset
select is(:'answer'::jsonb #>> '{product,availability}' || ' ' || (:'answer'::jsonb ->> 'changed'), 'out_of_stock true', 'a product is out of stock when somebody says so');
select is(pg_temp.events('pd-2'), format('product_created by %s, availability_changed by Bo', session_user), 'which is an event of its own');
select is(inventory.update_availability('pd-2', 'out_of_stock') -> 'changed', 'false', 'once');
select is(pg_temp.raised($$ select inventory.update_availability('pd-2', 'gone') $$), '22023 availability cannot be ''gone''', 'there are four');
select is(pg_temp.raised($$ select inventory.update_availability('pd-2', null) $$), '22023 availability cannot be null', 'and null is none of them');
select is(pg_temp.raised($$ select inventory.update_availability('pd-x', 'available') $$), 'SD006 no product has the sku "pd-x"', 'of a product that exists');
select test.product('pd-3'), test.product('pd-4');
select inventory.bulk_update_availability(
    '[{"sku": "pd-4", "availability": "discontinued"}, {"sku": "pd-2", "availability": "available"}, {"sku": "pd-3", "availability": "available"}]', 'Cy', 'bulk'
) as answer \gset
select is(:'answer'::jsonb -> 'updated' || (:'answer'::jsonb -> 'unchanged'), '[2, 1]', 'many at once, and how many were another before');
select results_eq(
    $$ select p.sku, e.actor, e.changes -> 0 ->> 'newValue' from inventory.inventory_event as e join inventory.products as p using (product_id)
       where e.type = 'availability_changed' and e.actor = 'Cy' order by p.sku $$,
    $$ values ('pd-2', 'Cy', 'available'), ('pd-4', 'Cy', 'discontinued') $$, 'an event for each that changed'
);
select is(inventory.bulk_update_availability(
    '[{"sku": "pd-4", "availability": "discontinued"}, {"sku": "pd-2", "availability": "available"}, {"sku": "pd-3", "availability": "available"}]', 'Cy', 'bulk'
) -> 'replayed', 'true', 'done once');
select is(pg_temp.raised(format('select inventory.bulk_update_availability(%L)', w.updates)), w.said, 'refused: ' || left(w.updates, 60))
from (values
    ('[]', '22023 updates are an array of 1 to 10000 objects'),
    ('{}', '22023 updates are an array of 1 to 10000 objects'),
    ('[{"sku": "pd-2"}]', '22023 update 1 is none'),
    ('[{"sku": "pd-2", "availability": "available", "price": 1}]', '22023 update 1 is none'),
    ('[{"sku": "pd-3", "availability": "available"}, {"sku": "pd-2", "availability": "soon"}]', '22023 update 2: availability cannot be ''soon'''),
    ('[{"sku": "pd-2", "availability": "preorder"}, {"sku": "pd-2", "availability": "available"}]', '22023 updates name "pd-2" more than once'),
    ('[{"sku": "pd-2", "availability": "preorder"}, {"sku": "pd-x", "availability": "available"}]', 'SD006 no product has the sku "pd-x"')
) as w (updates, said);
select is((select availability from inventory.products where sku = 'pd-2'), 'available', 'all or nothing');

-- Delete
select inventory.receive_purchase('pd-a', '[{"sku": "pd-3", "quantity": 10}]'), inventory.receive_purchase('pd-b', '[{"sku": "pd-3", "quantity": 10}]');
select inventory.reserve_stock('pd-o1', 'pd-a', '[{"sku": "pd-3", "quantity": 4}, {"sku": "pd-1", "quantity": 1}]', '1 hour'),
    inventory.reserve_stock('pd-o2', 'pd-b', '[{"sku": "pd-3", "quantity": 3}]', '1 hour'),
    inventory.reserve_stock('pd-o3', 'pd-b', '[{"sku": "pd-3", "quantity": 2}]', '1 hour');
update inventory.stock_holds as h set expires_at = clock_timestamp() - interval '1 second'
from inventory.stock_reservations as r where r.reservation_id = h.reservation_id and r.order_code = 'pd-o3';
select inventory.delete_product('pd-3', idempotency_key => 'd') as answer \gset
select is(pg_temp.said(:'answer'), 'reservations_open: Orders have 7 piece of pd-3 reserved', 'a product of which orders hold some is not deleted');
select is(
    :'answer'::jsonb #> '{errors,0,orders}',
    '[{"store": "pd-a", "order": "pd-o1", "units": 4}, {"store": "pd-b", "order": "pd-o2", "units": 3}]'::jsonb,
    'the orders are named; one whose time is over is none'
);
select is(test.stock('pd-b', 'pd-3'), 'on_hand 10 reserved 5 version 3', 'and nothing has moved');
select is((select active from inventory.products where sku = 'pd-3'), true, 'it is still there');
select inventory.delete_product('pd-3', 'release', actor => 'Di', idempotency_key => 'd') as answer \gset
select is(pg_temp.said(:'answer'), 'done', 'a refusal uses no key up; or what they hold is released');
select results_eq(
    format($$ select m ->> 'store', m ->> 'kind', m -> 'reserved_delta', m -> 'available' from jsonb_array_elements(%L::jsonb -> 'movements') as m $$, :'answer'),
    $$ values ('pd-a', 'release', '-4'::jsonb, '10'::jsonb), ('pd-b', 'release', '-3', '10') $$, 'in every store'
);
select results_eq(
    $$ select l.version, l.kind, l.reserved_delta, l.reference, l.actor, l.reason, l.document_id is not null from inventory.stock_ledger as l
       where l.product_id = test.product('pd-3') and l.store_id = test.store('pd-b') and l.version > 3 order by 1 $$,
    $$ values (4::bigint, 'release', -2::bigint, 'pd-o3', 'Di', 'expired', true), (5, 'release', -3, 'pd-o2', 'Di', 'product deleted', true) $$,
    'each in the name of its order; what was over had expired'
);
select results_eq(
    $$ select r.order_code collate "default", p.sku, h.state, h.is_settled from inventory.stock_holds as h
       join inventory.stock_reservations as r using (reservation_id) join inventory.products as p using (product_id)
       where r.order_code like 'pd-o%' order by 1, 2 $$,
    $$ values ('pd-o1', 'pd-1', 'held', false), ('pd-o1', 'pd-3', 'released', true), ('pd-o2', 'pd-3', 'released', true), ('pd-o3', 'pd-3', 'expired', false) $$,
    'holds of other products stay'
);
select is(:'answer'::jsonb #>> '{product,active}' || ' ' || (:'answer'::jsonb ->> 'deleted'), 'false true', 'it is not active any more');
select is(pg_temp.events('pd-3'), format('product_created by %s, product_updated by Di, product_deleted by Di', session_user), 'who follows products is told that it is deleted');
select is(test.movements('pd-a', 'pd-3'), '1:purchase +10>10, 2:reservation +0>10, 3:release +0>10', 'its stock and its history stay');
select is(inventory.process_order_stock_reduction('pd-o2', 'pd-b') #>> '{errors,0,code}', 'not_reserved', 'what was released is not taken by a late payment');
select is(inventory.delete_product('pd-3') -> 'deleted', 'false', 'deleted once');
select is(pg_temp.events('pd-3'), format('product_created by %s, product_updated by Di, product_deleted by Di', session_user), 'and told once');
select is(inventory.create_product('{"sku": "pd-3"}') #>> '{errors,0,hint}', 'update_product() with {"active": true} takes it back.', 'its sku stays its own');
select is(inventory.update_product('pd-3', '{"active": true}') -> 'changed', '["active"]', 'it can be taken back');
select is(pg_temp.said(inventory.delete_product('pd-4')), 'done', 'a product without stock is deleted too');
select is(pg_temp.raised($$ select inventory.delete_product('pd-1', 'ask') $$), '22023 reservations cannot be ''ask''', 'there are two ways');
select is(pg_temp.raised($$ select inventory.delete_product('pd-1', null) $$), '22023 reservations cannot be null', 'and null is neither');
select is(pg_temp.raised($$ select inventory.delete_product('pd-x') $$), 'SD006 no product has the sku "pd-x"', 'an unknown product raises');
select is(pg_temp.raised($$ select inventory.must(inventory.delete_product('pd-1')) $$), 'SD036 Orders have 1 kilogram of pd-1 reserved', 'must() raises what was refused');
select is(pg_temp.raised($$ select inventory.must(inventory.update_product('pd-1', '{"base_unit": "gram"}')) $$), 'SD037 Quantities of pd-1 are recorded in kilogram', 'each by its own SQLSTATE');

-- A vendor
select inventory.update_product('pd-1', '{"vendor": "pd-v", "base_price": 2, "low_stock_threshold": 1}'), inventory.update_product('pd-2', '{"vendor": "pd-v"}'),
    inventory.update_product('pd-3', '{"vendor": "pd-v", "base_price": 0.25}'), inventory.update_product('pd-4', '{"vendor": "pd-v", "base_price": 100}');
select inventory.set_stock('pd-a', '[{"sku": "pd-2", "quantity": 0}]');
update inventory.inventory_stock set low_stock_threshold = 10 where product_id = test.product('pd-3') and store_id = test.store('pd-a');
select is(
    inventory.get_vendor_inventory_stats('pd-v') - 'as_of',
    '{"vendor": "pd-v",
      "products": {"total": 4, "active": 3, "deleted": 1, "available": 2, "out_of_stock": 0, "preorder": 1, "discontinued": 0, "average_price": 1.125},
      "stock": {"stores": 2, "rows": 4, "on_hand": 25, "reserved": 1, "available": 24, "low": 2, "out": 1},
      "value": [{"currency": "EUR", "on_hand": 15}]}'::jsonb,
    'a vendor''s products by availability, their stock and what it is worth'
);
select is(
    inventory.get_vendor_inventory_stats('pd-w') #>> '{products,total}' || (inventory.get_vendor_inventory_stats('pd-w') #>> '{stock,rows}')
        || (inventory.get_vendor_inventory_stats('pd-w') ->> 'value'), '00[]', 'one that supplies nothing'
);
select is(pg_temp.raised($$ select inventory.get_vendor_inventory_stats('pd-x') $$), 'SD006 no vendor has the code "pd-x"', 'an unknown vendor raises');
select is(pg_temp.raised($$ select inventory.get_vendor_inventory_stats(null) $$), '22004 no vendor is given', 'as does none');

select is_empty('select test.contradictions()', 'nothing contradicts anything');
select is_empty('select * from test.reservation_contradictions() as r where r like test.store(''pd-a'') || ''/%'' or r like test.store(''pd-b'') || ''/%''', 'nor do reservations');
select * from finish();
rollback;
