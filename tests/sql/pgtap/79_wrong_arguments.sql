-- Wrong arguments and figures without bound: what is raised says what is wrong in the words of the caller, never in those of a constraint or a type.
begin;
select no_plan();

select test.store('wa-a'), test.product('wa-1'), test.product('wa-2'), test.product('wa-3'), test.product('wa-4'), test.product('wa-cake'), test.product('wa-tart');
-- SQLSTATE, message and hint.
create function pg_temp.raised(in_sql text) returns text language plpgsql as $$
declare
    v_state text;
    v_message text;
    v_hint text;
begin
    execute in_sql;
    return 'nothing';
exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
    return concat_ws(' ', v_state, v_message, nullif(v_hint, ''));
end
$$;

-- Units and recipes
select is(pg_temp.raised(format('select inventory.set_unit(%s)', c.arguments)), c.wanted, format('set_unit(%s)', c.arguments))
from (values
    ('''box'', 1, 2, ''wa-1''', '22023 a unit has a name of 1 to 50 characters, other than box, pack and piece These three are columns of the product.'),
    (''''', 1, 2, ''wa-1''', '22023 a unit has a name of 1 to 50 characters, other than box, pack and piece These three are columns of the product.'),
    ('null, 1, 2, ''wa-1''', '22023 a unit has a name of 1 to 50 characters, other than box, pack and piece These three are columns of the product.'),
    ('repeat(''x'', 51), 1, 2, ''wa-1''', '22023 a unit has a name of 1 to 50 characters, other than box, pack and piece These three are columns of the product.'),
    ('''third'', 0, 1, ''wa-1''', '22023 numerator and denominator are whole numbers from 1 to 1000000000'),
    ('''third'', 1, 0, ''wa-1''', '22023 numerator and denominator are whole numbers from 1 to 1000000000'),
    ('''third'', null, 1, ''wa-1''', '22023 numerator and denominator are whole numbers from 1 to 1000000000'),
    ('''huge'', 9223372036854775807, 1, ''wa-1''', '22023 numerator and denominator are whole numbers from 1 to 1000000000'),
    ('''dozen'', 12, base_unit => ''''', '22023 a base unit has a name of 1 to 50 characters'),
    ('''dozen'', 12, base_unit => repeat(''x'', 51)', '22023 a base unit has a name of 1 to 50 characters')
) as c (arguments, wanted);
select is(pg_temp.raised(format('select inventory.set_recipe(''wa-cake'', %L, %s)', c.ingredients, c.yields)), c.wanted, c.ingredients)
from (values
    ('[{"name": "a", "quantity": 1, "unit": "g"}]', '0', '22023 a recipe yields a whole number from 1 to 1000000000 How many base units of the product the ingredients make.'),
    ('[{"name": "a", "quantity": 1, "unit": "g"}]', '1000000001', '22023 a recipe yields a whole number from 1 to 1000000000 How many base units of the product the ingredients make.'),
    ('[{"name": "a", "quantity": 1, "unit": "g"}]', 'null', '22023 a recipe yields a whole number from 1 to 1000000000 How many base units of the product the ingredients make.'),
    ('[{"name": "a", "quantity": 1, "unit": "g"}, {"name": "b", "quantity": 0, "unit": "g"}]', '1', '22023 ingredient 2: quantity is 0 It says how much of the unit goes in, above 0.'),
    ('[{"name": "a", "quantity": -1.5, "unit": "g"}]', '1', '22023 ingredient 1: quantity is -1.5 It says how much of the unit goes in, above 0.'),
    ('[{"name": "a", "quantity": 1e15, "unit": "g"}]', '1', '22023 ingredient 1: quantity is too large or too fine'),
    ('[{"name": "a", "quantity": 1e-10, "unit": "g"}]', '1', '22023 ingredient 1: quantity is too large or too fine')
) as c (ingredients, yields, wanted);
select is_empty($$ select from inventory.recipes where product_id = test.product('wa-cake') $$, 'no recipe was made');

-- Documents
select is(
    pg_temp.raised($$ select * from inventory.list_documents('wa-a', kind => 'zorg') $$),
    '22023 there are no documents of kind "zorg" Kinds are purchase, sale, return, order, shortfall, deduction and compensation.', 'a kind that is none is no empty list'
);
select is(pg_temp.raised(format('select * from inventory.list_documents(''wa-a'', kind => %L)', k)), 'nothing', k)
from unnest('{purchase,sale,return,order,shortfall,deduction,compensation}'::text[]) as k;

-- Mappings
update inventory.products set pieces_per_pack = 1000000000, packs_per_box = 1000000000 where sku = 'wa-2';
select is(
    pg_temp.raised(format('select inventory.set_conversion_mapping(''wa-a'', ''a'', ''g'', ''wa-2'', %s)', c.arguments)),
    '22023 one g of a would be too much or too little of wa-2 Numerator and denominator, in its base unit and reduced, are at most 1000000000000000.', c.arguments
)
from (values ('1000000, 1, ''box'''), ('1, 1, ''box''')) as c (arguments);
select is(pg_temp.raised($$ select inventory.set_conversion_mapping('wa-a', 'a', 'g', 'wa-2', 900, 1, 'pack') $$), 'nothing', 'what fits is kept');

-- Balances near the end of bigint
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('wa-a'), test.product('wa-1'), 9223372036854775800), (test.store('wa-a'), test.product('wa-2'), 5);
insert into inventory.inventory_stock (store_id, product_id, on_hand, allow_negative) values (test.store('wa-a'), test.product('wa-3'), -9223372036854775800, true);
select is(pg_temp.raised(format('select inventory.%s', c.call)), c.wanted, c.call)
from (
    select
        c.call, format(
            '22003 Stock of %s in wa-a would be out of range: On hand %s, Reserved 0, Change %s', c.sku,
            case c.sku when 'wa-1' then '9223372036854775800' else '-9223372036854775800' end, c.change
        ) as wanted
    from (values
        ('receive_purchase(''wa-a'', ''[{"sku": "wa-1", "quantity": 100}]'')', 'wa-1', 100),
        ('receive_purchase(''wa-a'', ''[{"sku": "wa-2", "quantity": 1}, {"sku": "wa-1", "quantity": 100}]'')', 'wa-1', 100),
        ('receive_purchase(''wa-a'', ''[{"sku": "wa-1", "quantity": 7}, {"sku": "wa-1", "quantity": 100}]'')', 'wa-1', 107),
        ('receive_purchase(''wa-a'', ''[{"sku": "wa-1", "quantity": 100.5}]'')', 'wa-1', 100),
        ('adjust_stock(''wa-a'', ''[{"sku": "wa-1", "quantity": 100}]'', ''found'')', 'wa-1', 100),
        ('adjust_stock(''wa-a'', ''[{"sku": "wa-3", "quantity": -100}]'', ''lost'')', 'wa-3', -100),
        ('record_sale(''wa-a'', ''[{"sku": "wa-3", "quantity": 100}]'')', 'wa-3', -100),
        ('record_sale(''wa-a'', ''[{"sku": "wa-3", "quantity": 7}, {"sku": "wa-3", "quantity": 100}]'')', 'wa-3', -107),
        ('reserve_stock(''o'', ''wa-a'', ''[{"sku": "wa-3", "quantity": 100}]'')', 'wa-3', -100),
        ('reserve_stock(''o'', ''wa-a'', ''[{"sku": "wa-3", "quantity": 7}, {"sku": "wa-2", "quantity": 1}, {"sku": "wa-3", "quantity": 100}]'')', 'wa-3', -107),
        ('deduct_inventory_atomic(''wa-a'', ''[{"sku": "wa-3", "quantity": 100}]'', ''t1'')', 'wa-3', -100),
        ('deduct_inventory_atomic(''wa-a'', ''[{"sku": "wa-3", "quantity": 99.5}]'', ''t1'')', 'wa-3', -100)
    ) as c (call, sku, change)
) as c;
select is(
    pg_temp.raised(format('select inventory.deduct_inventory_many(''[{"store": "wa-a", "transaction_id": "m1", "lines": [{"sku": "wa-2", "quantity": 1}]}, {"store": "wa-a", "transaction_id": "m2", "lines": [{"sku": "wa-3", "quantity": %s}]}]'')', q)),
    '22003 request 2: Stock of wa-3 in wa-a would be out of range: On hand -9223372036854775800, Reserved 0, Change -100', 'of a batch it says of which request'
)
from unnest('{100,99.5}'::numeric[]) as q;
select is(test.stock('wa-a', 'wa-1') || test.stock('wa-a', 'wa-2') || test.stock('wa-a', 'wa-3'), 'on_hand 9223372036854775800 reserved 0 version 1on_hand 5 reserved 0 version 1on_hand -9223372036854775800 reserved 0 version 1', 'nothing moved');
select is(inventory.adjust_stock('wa-a', '[{"sku": "wa-1", "quantity": 7}]', 'the last') -> 'success', 'true', 'up to the end it goes');
select is(inventory.record_sale('wa-a', '[{"sku": "wa-3", "quantity": 8}]') -> 'success', 'true', 'and down to it');

-- A demand that is no bigint is a shortage like any other
select inventory.set_recipe('wa-cake', '[{"name": "a", "quantity": 1000000, "unit": "g"}]'), inventory.set_recipe('wa-tart', '[{"name": "a", "quantity": 1000000, "unit": "g"}]', 900000000);
select is(
    inventory.deduct_inventory_atomic('wa-a', '[{"sku": "wa-cake", "quantity": 1000000}]', 'd1') #>> '{errors,0,message}',
    inventory.validate_deduction('wa-a', '[{"sku": "wa-cake", "quantity": 1000000}]') #>> '{errors,0,message}', 'refused in the same words as when it was asked before'
);
select matches(inventory.validate_deduction('wa-a', '[{"sku": "wa-cake", "quantity": 1000000}]') #>> '{errors,0,message}', 'Need 900000000000000000000000, Have 5', 'with what it would need');
select is(
    jsonb_path_query_array(inventory.deduct_inventory_many(
        '[{"store": "wa-a", "transaction_id": "m3", "lines": [{"sku": "wa-2", "quantity": 1}]}, {"store": "wa-a", "transaction_id": "m4", "lines": [{"sku": "wa-cake", "quantity": 1000000}]}]'),
    '$[*].success'),
    '[true, false]', 'in a batch, too, it is this request''s refusal'
);
update inventory.inventory_stock set allow_negative = true where store_id = test.store('wa-a') and product_id = test.product('wa-2');
select is(
    pg_temp.raised(format('select inventory.deduct_inventory_atomic(''wa-a'', ''[{"sku": "wa-cake", "quantity": %s}]'', ''d2'')', q)),
    format('22003 Stock of wa-2 in wa-a would be out of range: On hand 4, Reserved 0, Change -%s', trim_scale(900000000000000000 * q)), 'where more may be sold than there is, balances end nevertheless'
)
from unnest('{1000000,1000.5}'::numeric[]) as q;
select is(
    pg_temp.raised('select inventory.deduct_inventory_many(''[{"store": "wa-a", "transaction_id": "m5", "lines": [{"sku": "wa-2", "quantity": 1}]}, {"store": "wa-a", "transaction_id": "m6", "lines": [{"sku": "wa-cake", "quantity": 1000000}]}]'')'),
    '22003 request 2: Stock of wa-2 in wa-a would be out of range: On hand 4, Reserved 0, Change -900000000000000000000001', 'of a batch it says of which request'
);
select inventory.set_conversion_mapping('wa-a', 'a', 'g', 'wa-2', 1000000, 7, 'pack');
select matches(
    pg_temp.raised('select inventory.deduct_inventory_atomic(''wa-a'', ''[{"sku": "wa-cake", "quantity": 1000000}]'', ''d3'')'),
    '^22003 Stock of wa-2 in wa-a would be out of range: On hand 4, Reserved 0, Change -142857142857142857142857143$', 'sevenths, too'
);

-- must() and the answers of many
select is(inventory.must('[{"success": true, "n": 1}, {"success": true, "n": 2}]'), '[{"success": true, "n": 1}, {"success": true, "n": 2}]', 'must() lets answers pass that are all successes');
create function pg_temp.many(in_first numeric, in_second numeric, in_third numeric) returns text language sql as $$
    select format(
        'select inventory.must(inventory.deduct_inventory_many(''wa-a'', ''{%s}'', ''{wa-4,wa-4,wa-4}'', ''{%s}''))',
        array_to_string(array[md5(random()::text), md5(random()::text), md5(random()::text)], ','), array_to_string(array[in_first, in_second, in_third], ',')
    )
$$;
insert into inventory.inventory_stock (store_id, product_id, on_hand) values (test.store('wa-a'), test.product('wa-4'), 10);
select is(pg_temp.raised(pg_temp.many(1, 1, 1)), 'nothing', 'so do those of a batch that was done');
select is(
    pg_temp.raised(pg_temp.many(1, 20, 1)),
    'SD010 request 2: Insufficient stock of wa-4 in wa-a: Need 20, Have 6 (Short: 14) Receive stock first, or set allow_negative for this row.', 'one that was refused is raised, with its number'
);
select is(
    pg_temp.raised(pg_temp.many(21, 1, 22)),
    'SD010 request 1: Insufficient stock of wa-4 in wa-a: Need 21, Have 7 (Short: 14); request 3: Insufficient stock of wa-4 in wa-a: Need 22, Have 6 (Short: 16) Receive stock first, or set allow_negative for this row.',
    'as the first one says, with what all say'
);
select is(test.stock('wa-a', 'wa-4'), 'on_hand 7 reserved 0 version 4', 'and all of it is undone');
select is(pg_temp.raised(format('select inventory.must(%L)', r)), '22023 must() takes the answer of an operation select inventory.must(inventory.record_sale(...))', r)
from (values ('[]'), ('[1]'), ('[{}]'), ('[{"success": true}, 1]'), ('[{"success": false}]'), ('1'), ('{}'), ('{"success": false, "errors": []}')) as v (r);
select is(pg_temp.raised('select inventory.must(null)'), '22023 must() takes the answer of an operation select inventory.must(inventory.record_sale(...))', 'null');

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
