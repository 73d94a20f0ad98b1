-- Deductions by recipe and what is given back of them. T numbers are those of the field's bugs.
begin;
select no_plan();

select test.store('rc-a'), test.store('rc-b');
select test.product('rc-' || n) from generate_series(1, 13) as n;
update inventory.products set name = 'Croffle' where sku = 'rc-1';
update inventory.products set name = 'Waffle' where sku = 'rc-2';
update inventory.products set base_unit = 'gram', pieces_per_pack = 250 where sku in ('rc-5', 'rc-6');
-- Lines as "SKU quantity unit", so that a case reads on one line.
create function pg_temp.lines(variadic in_lines text[]) returns jsonb language sql as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'sku', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::numeric, 'unit', nullif(split_part(l, ' ', 3), '')
    )) order by place)
    from unnest(in_lines) with ordinality as x (l, place)
$$;
create function pg_temp.moved(in_answer jsonb) returns text language sql as $$
    select string_agg(format('%s %s %s>%s v%s', m ->> 'kind', m ->> 'sku', m ->> 'on_hand_delta', m ->> 'on_hand', m ->> 'version'), ', ')
    from jsonb_array_elements(in_answer -> 'movements') as m
$$;
create function pg_temp.said(in_answer jsonb) returns text language sql as $$
    select string_agg(e ->> 'message', '; ') from jsonb_array_elements(in_answer -> 'errors') as e
$$;
-- All stock of a store, with remainders.
create function pg_temp.shelf(in_code text) returns text language sql as $$
    select string_agg(
        p.sku || ' ' || s.on_hand || coalesce(' ' || r.numerator || '/' || r.denominator, ''), ', ' order by p.product_id
    )
    from inventory.inventory_stock as s
    join inventory.products as p using (product_id)
    left join inventory.stock_remainders as r on r.store_id = s.store_id and r.product_id = s.product_id and r.numerator > 0
    where s.store_id = test.store(in_code)
$$;

-- Recipes
select inventory.set_recipe('rc-1', '[{"name": "Dough", "quantity": 2, "unit": "piece"}, {"name": "Butter", "quantity": 20, "unit": "gram"}]');
select inventory.set_recipe('rc-2', '[{"name": "Dough", "quantity": 1, "unit": "piece"}, {"name": "Butter", "quantity": 1, "unit": "spoon"}]');
select results_eq(
    $$ select ingredient_name, ingredient_unit, quantity from inventory.recipe_ingredients where product_id = test.product('rc-1') order by place $$,
    $$ values ('Dough', 'piece', 2.0), ('Butter', 'gram', 20.0) $$, 'a recipe is kept with its ingredients in order'
);
select throws_ok(format($$ select inventory.set_recipe('rc-3', %L) $$, c.ingredients), c.state, c.message, 'no recipe: ' || coalesce(c.ingredients, 'null'))
from (values
    (null, '22023', 'ingredients are an array of 1 to 500 objects'), ('{}', '22023', 'ingredients are an array of 1 to 500 objects'),
    ('[]', '22023', 'ingredients are an array of 1 to 500 objects'), ('[1]', '22023', 'ingredient 1 is none'),
    ('[{"name": "x", "quantity": 1}]', '22023', 'ingredient 1 is none'), ('[{"name": "x", "unit": "g"}]', '22023', 'ingredient 1 is none'),
    ('[{"name": "x", "quantity": 1, "unit": "g", "more": 1}]', '22023', 'ingredient 1 is none'),
    ('[{"name": "", "quantity": 1, "unit": "g"}]', '22023', 'ingredient 1: its name or unit is empty or too long'),
    ('[{"name": "x", "quantity": 0, "unit": "g"}]', '22023', 'ingredient 1: quantity is 0'),
    ('[{"name": "x", "quantity": 1e-10, "unit": "g"}]', '22023', 'ingredient 1: quantity is too large or too fine'),
    ('[{"name": "x", "quantity": 1, "unit": "g"}, {"name": "x", "quantity": 2, "unit": "g"}]', '22023', 'ingredient 2: "x" in g is there already')
) as c (ingredients, state, message);
select throws_ok($$ select inventory.set_recipe('rc-none', '[{"name": "x", "quantity": 1, "unit": "g"}]') $$, 'SD006', null, 'a recipe is of a product');
select throws_ok($$ select inventory.set_recipe('rc-3', '[{"name": "x", "quantity": 1, "unit": "g"}]', 0) $$, '22023', null, 'a recipe makes something');
select is((select count(*) from inventory.recipes where product_id = test.product('rc-3')), 0::bigint, 'and none of these is kept');

-- Mappings
select inventory.set_conversion_mapping('rc-a', 'Dough', 'piece', 'rc-4', 1);
select inventory.set_conversion_mapping('rc-a', 'Butter', 'gram', 'rc-5', 1);
select inventory.set_conversion_mapping('rc-a', 'Butter', 'spoon', 'rc-5', 25, 2);
select results_eq(
    $$ select recipe_ingredient_unit, numerator, denominator from inventory.conversion_mappings where store_id = test.store('rc-a') and recipe_ingredient_name = 'Butter' order by 1 $$,
    $$ values ('gram', 1::bigint, 1::bigint), ('spoon', 25, 2) $$, 'a mapping is per store, ingredient and unit'
);
select inventory.set_conversion_mapping('rc-b', 'Butter', 'brick', 'rc-5', 3, 2, 'pack');
select results_eq(
    $$ select numerator, denominator from inventory.conversion_mappings where store_id = test.store('rc-b') $$,
    $$ values (375::bigint, 1::bigint) $$, 'and may be counted in units of the product'
);
select inventory.set_conversion_mapping('rc-b', 'Butter', 'brick', 'rc-5', 2, 1, 'pack');
select results_eq(
    $$ select numerator, denominator from inventory.conversion_mappings where store_id = test.store('rc-b') $$,
    $$ values (500::bigint, 1::bigint) $$, 'there is one: setting it again replaces it'
);
select throws_ok(
    $$ insert into inventory.conversion_mappings values (test.store('rc-b'), 'Butter', 'brick', test.product('rc-6'), 1, 1, 'x') $$,
    '23505', null, 'a second mapping of the same ingredient in the same store is impossible'
);
select throws_ok(c.sql, c.state, null, 'no mapping: ' || c.sql)
from (values
    ($$ select inventory.set_conversion_mapping('rc-none', 'x', 'y', 'rc-5', 1) $$, 'SD006'),
    ($$ select inventory.set_conversion_mapping('rc-a', 'x', 'y', 'rc-none', 1) $$, 'SD006'),
    ($$ select inventory.set_conversion_mapping('rc-a', 'x', 'y', 'rc-5', 1, 1, 'sack') $$, 'SD006'),
    ($$ select inventory.set_conversion_mapping('rc-a', '', 'y', 'rc-5', 1) $$, '22023'),
    ($$ select inventory.set_conversion_mapping('rc-a', 'x', null, 'rc-5', 1) $$, '22023'),
    ($$ select inventory.set_conversion_mapping('rc-a', 'x', 'y', 'rc-5', 0) $$, '22023'),
    ($$ select inventory.set_conversion_mapping('rc-a', 'x', 'y', 'rc-5', 1, null) $$, '22023')
) as c (sql, state);
select is(inventory.remove_conversion_mapping('rc-b', 'Butter', 'brick'), true, 'a mapping can be removed');
select is(inventory.remove_conversion_mapping('rc-b', 'Butter', 'brick'), false, 'once');

-- Validate, deduct
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-4 10', 'rc-5 100'));
select is(
    inventory.validate_deduction('rc-a', pg_temp.lines('rc-1 2', 'rc-2 1')),
    '{
        "success": true, "operation": "validate_deduction", "store": "rc-a", "errors": [],
        "demand": [
            {"sku": "rc-4", "unit": "piece", "need": 5, "have": 10, "version": 1, "lines": [1, 2]},
            {"sku": "rc-5", "unit": "gram", "need": 52.5, "have": 100, "version": 1, "lines": [1, 2]}
        ],
        "versions": {"rc-4": 1, "rc-5": 1}
    }', 'validating says what would be taken of which stock rows, and their versions'
);
select is(pg_temp.shelf('rc-a'), 'rc-4 10, rc-5 100', 'and takes nothing');
select inventory.deduct_inventory_atomic('rc-a', '[{"sku": "rc-1", "quantity": 2, "price": 4.5}, {"sku": "rc-2", "quantity": 1}]', 't1',
    reference => 'R 1', actor => 'bo', party => 'Ana') as answer \gset
select is(pg_temp.moved(:'answer'), 'deduction rc-4 -5>5 v2, deduction rc-5 -53>47 v2', 'T3: two recipes that share an ingredient are one demand and one movement');
select is(pg_temp.shelf('rc-a'), 'rc-4 5, rc-5 47 1/2', 'what is left of a unit is kept');
select is(
    :'answer'::jsonb - '{movements,document,ticket}'::text[],
    '{"success": true, "replayed": false, "errors": [], "operation": "deduct_inventory_atomic", "store": "rc-a"}', 'the answer is that of every operation'
);
select results_eq(
    $$ select document_kind, document_reference, party, lines -> 0 ->> 'sku', (lines -> 0 ->> 'price')::numeric, jsonb_array_length(lines)
       from inventory.list_documents('rc-a', kind => 'deduction') $$,
    $$ values ('deduction', 'R 1', 'Ana', 'rc-1', 4.5, 2) $$, 'the document says what was sold'
);
select is((select count(*) from inventory.stock_ledger where actor = 'bo' and kind = 'deduction'), 2::bigint, 'the deduction is the actor''s');
select results_eq(
    $$ select t.line, p.sku, t.numerator, t.denominator from inventory.inventory_deduction_parts as t join inventory.products as p using (product_id)
       join inventory.inventory_deductions as d using (document_id) where d.transaction_id = 't1' order by 1, 2 $$,
    $$ values (1, 'rc-4', 4.0, 1.0), (1, 'rc-5', 40.0, 1.0), (2, 'rc-4', 1.0, 1.0), (2, 'rc-5', 25.0, 2.0) $$, 'and its parts what each line took'
);
select is(
    inventory.deduct_inventory_atomic('rc-a', '[{"sku": "rc-1", "quantity": 2, "price": 4.5}, {"sku": "rc-2", "quantity": 1}]', 't1',
        reference => 'R 1', actor => 'bo', party => 'Ana'),
    :'answer'::jsonb || '{"replayed": true, "message": "Request already processed (idempotency)"}', 'T7: the same again is answered again'
);
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 1'), 't1', idempotency_key => 'new')),
    'transaction_id "t1" was used for another request: actor, lines[1].price, lines[1].quantity, lines[2], party, reference', 'T7: another request under the same transaction id is refused, whatever the key'
);
select is(pg_temp.shelf('rc-a'), 'rc-4 5, rc-5 47 1/2', 'T7: and nothing moves');
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-12 1'));
select inventory.record_sale('rc-a', pg_temp.lines('rc-12 1'), transaction_id => 'sold') \gset
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-12 1'), 'sold')),
    'transaction_id "sold" was used for another request: operation', 'a sale''s transaction id is no deduction''s, although the lines are the same'
);

-- Refusals
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 3'), 't2')),
    'Croffle - Dough: Need 6, Have 5 (Short: 1) in piece; Croffle - Butter: Need 60, Have 47.5 (Short: 12.5) in gram',
    'every shortage is in one answer, in the words that people know, with the unit'
);
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 2', 'rc-2 2'), 't2')),
    'Croffle, Waffle - Dough: Need 6, Have 5 (Short: 1) in piece; Croffle, Waffle - Butter: Need 65, Have 47.5 (Short: 17.5) in gram',
    'T3: products that share the demand are named together'
);
select is(
    (inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 1', 'rc-1 2'), 't2')) - '{ticket}'::text[] #- '{errors,1}',
    '{
        "success": false, "replayed": false, "operation": "deduct_inventory_atomic", "store": "rc-a", "movements": [],
        "errors": [{
            "code": "insufficient_stock", "message": "Croffle - Dough: Need 6, Have 5 (Short: 1) in piece",
            "detail": "Counted in piece; asked for by lines 1, 2.", "hint": "Receive stock first, or set allow_negative for this row.",
            "store": "rc-a", "sku": "rc-4", "unit": "piece", "need": 6, "have": 5, "short": 1, "lines": [1, 2]
        }]
    }', 'T2: two lines of one stock row are checked as their sum, and the refusal says the same in fields'
);
select is(
    inventory.validate_deduction('rc-a', pg_temp.lines('rc-1 3')) -> 'errors',
    inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 3'), 't2') -> 'errors', 'validating says what deducting would'
);
select inventory.receive_purchase('rc-b', pg_temp.lines('rc-4 1000', 'rc-5 1000'));
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 3'), 't2')),
    'Croffle - Dough: Need 6, Have 5 (Short: 1) in piece; Croffle - Butter: Need 60, Have 47.5 (Short: 12.5) in gram', 'T4: what other stores have does not count'
);
select is(
    inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-1 1', 'rc-2 1', 'rc-1 1'), 't3') #- '{ticket}',
    '{
        "success": false, "replayed": false, "operation": "deduct_inventory_atomic", "store": "rc-b", "movements": [],
        "errors": [
            {"code": "no_conversion_mapping", "message": "No conversion mapping found for Dough in store rc-b",
             "detail": "Counted in piece; asked for by lines 1, 2, 3.", "hint": "set_conversion_mapping() says what this store takes for it.",
             "store": "rc-b", "ingredient": "Dough", "unit": "piece", "lines": [1, 2, 3]},
            {"code": "no_conversion_mapping", "message": "No conversion mapping found for Butter in store rc-b",
             "detail": "Counted in gram; asked for by lines 1, 3.", "hint": "set_conversion_mapping() says what this store takes for it.",
             "store": "rc-b", "ingredient": "Butter", "unit": "gram", "lines": [1, 3]},
            {"code": "no_conversion_mapping", "message": "No conversion mapping found for Butter in store rc-b",
             "detail": "Counted in spoon; asked for by line 2.", "hint": "set_conversion_mapping() says what this store takes for it.",
             "store": "rc-b", "ingredient": "Butter", "unit": "spoon", "lines": [2]}
        ]
    }', 'a mapping of another store is none, and each that is missing is named once'
);
select is(pg_temp.shelf('rc-b'), 'rc-4 1000, rc-5 1000', 'and no stock of any store is touched');
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-3 1'), 't4')),
    'Product rc-3 has no ingredients and no stock of its own in store rc-a', 'a product without ingredients and without stock of its own is refused'
);
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-7 3'));
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-3 1', 'rc-1 3', 'rc-7 4'), 't4')),
    'Product rc-3 has no ingredients and no stock of its own in store rc-a; Croffle - Dough: Need 6, Have 5 (Short: 1) in piece; '
        'Croffle - Butter: Need 60, Have 47.5 (Short: 12.5) in gram; Insufficient stock of rc-7 in rc-a: Need 4, Have 3 (Short: 1)',
    'everything that stands in the way is in one answer'
);
select inventory.set_recipe('rc-13', '[{"name": "Salt", "quantity": 1, "unit": "pinch"}]'), inventory.set_conversion_mapping('rc-a', 'Salt', 'pinch', 'rc-11', 1, 4);
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-13 1'), 't4')), 'Product rc-13 - Salt: Need 0.25, Have 0 (Short: 0.25) in piece',
    'an ingredient that was never there is short'
);
select is(test.stock('rc-a', 'rc-11'), null, 'a refused deduction makes no stock row');
select is((select count(*) from inventory.inventory_deductions where store_id in (test.store('rc-a'), test.store('rc-b'))), 1::bigint, 'and leaves no deduction');
select is((select count(*) from inventory.stock_documents where store_id = test.store('rc-a') and kind = 'deduction'), 1::bigint, 'and no document');
select results_eq(
    $$ select code, count(*) from inventory.operation_refusals where store_id in (test.store('rc-a'), test.store('rc-b')) group by 1 order by 1 $$,
    $$ values ('idempotency_conflict', 2::bigint), ('insufficient_stock', 6), ('no_conversion_mapping', 1), ('no_ingredients', 2) $$,
    'refusals are recorded, validating is none'
);
select is(pg_temp.moved(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-7 2'), 't4')), 'deduction rc-7 -2>1 v2', 'a product without a recipe is taken from its own stock; a refused transaction id is free');
-- A recipe that names its own product, and a product that is sold by itself and used by a recipe.
select inventory.set_conversion_mapping('rc-a', 'Syrup', 'shot', 'rc-7', 1);
select inventory.set_recipe('rc-8', '[{"name": "Syrup", "quantity": 1, "unit": "shot"}]');
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-8 1', 'rc-7 1'), 't5')),
    'Product rc-8, Product rc-7 - Syrup: Need 2, Have 1 (Short: 1) in piece', 'what is sold by itself and used by a recipe is one demand'
);
select is(
    inventory._demand_label(
        array(select (n, 'P' || n, 'I' || n % 2, 1, 's', 1, 1)::inventory.deduction_part from generate_series(1, 13) as n), 1
    ),
    'P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 and 3 more - I1, I0', 'ten names are enough'
);
update inventory.inventory_stock set allow_negative = true where store_id = test.store('rc-a') and product_id = test.product('rc-7');
select is(pg_temp.moved(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-8 1', 'rc-7 1'), 't5')), 'deduction rc-7 -2>-1 v3', 'a row that allows it goes below zero');
update inventory.inventory_stock set reserved = 3 where store_id = test.store('rc-a') and product_id = test.product('rc-4');
select is(pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 3'), 't6')), 'Waffle - Dough: Need 3, Have 2 (Short: 1) in piece', 'what is reserved is not taken');
update inventory.inventory_stock set reserved = 0 where store_id = test.store('rc-a') and product_id = test.product('rc-4');

-- Versions
select inventory.validate_deduction('rc-a', pg_temp.lines('rc-2 1')) -> 'versions' as versions \gset
select inventory.adjust_stock('rc-a', pg_temp.lines('rc-4 1'), 'found') \gset
select is(
    inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1'), 't7', :'versions') -> 'errors',
    format('[{"code": "version_conflict", "message": "Version conflict on inventory_stock_id: rc-a/rc-4", "detail": "Line 1 expected version %s and found version %s.",
      "hint": "Read the stock row again, and decide again.", "store": "rc-a", "sku": "rc-4", "version": %2$s, "lines": [1]}]', :'versions'::jsonb -> 'rc-4', (:'versions'::jsonb -> 'rc-4')::integer + 1)::jsonb,
    'a stock row that changed since it was validated is refused'
);
select inventory.validate_deduction('rc-a', pg_temp.lines('rc-2 1')) -> 'versions' as versions \gset
select is(
    (inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1'), 't7', :'versions') -> 'success')::text, 'true', 'with the versions of now it is done'
);
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 99'), 't8', '{"rc-4": 1, "rc-12": 1}')),
    'Version conflict on inventory_stock_id: rc-a/rc-4; Waffle - Dough: Need 99, Have 5 (Short: 94) in piece; Waffle - Butter: Need 1237.5, Have 35 (Short: 1202.5) in gram',
    'versions and shortages are named together; a row that is not taken is not compared'
);
select is(inventory.validate_deduction('rc-a', pg_temp.lines('rc-12 1')) #>> '{demand,0,have}', '0', 'validating knows what is sold out');
select throws_ok(format($$ select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1'), 't9', '%s') $$, c.expected), c.state, null, 'no versions: ' || c.expected)
from (values ('[]', '22023'), ('{"rc-4": "1"}', '22023'), ('{"rc-4": -1}', '22023'), ('{"rc-4": 1.5}', '22023'), ('{"rc-none": 1}', 'SD006')) as c (expected, state);

-- Wrong arguments
select throws_ok(c.sql, c.state, null, c.sql)
from (values
    ($$ select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1'), null) $$, '22004'),
    ($$ select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1'), '') $$, '22023'),
    ($$ select inventory.deduct_inventory_atomic('rc-none', pg_temp.lines('rc-2 1'), 't9') $$, 'SD006'),
    ($$ select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-none 1'), 't9') $$, 'SD006'),
    ($$ select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 -1'), 't9') $$, '22023'),
    ($$ select inventory.deduct_inventory_atomic('rc-a', '[]', 't9') $$, '22023'),
    ($$ select inventory.deduct_inventory_atomic('rc-a', '[{"sku": "rc-2", "quantity": 1, "lot": "x"}]', 't9') $$, '22023'),
    ($$ select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1'), 't9', party => repeat('x', 501)) $$, '22001'),
    ($$ select inventory.validate_deduction('rc-none', pg_temp.lines('rc-2 1')) $$, 'SD006'),
    ($$ select inventory.validate_deduction('rc-a', '{}') $$, '22023'),
    ($$ select inventory.sellable('rc-none', 'rc-a') $$, 'SD006'),
    ($$ select inventory.sellable('rc-1', 'rc-none') $$, 'SD006'),
    ($$ select inventory.compensate_deduction(null) $$, '22004'),
    ($$ select inventory.compensate_deduction('none') $$, 'SD006'),
    ($$ select inventory.compensate_deduction('t2', store => 'rc-a') $$, 'SD006'),
    ($$ select inventory.compensate_deduction('t1', store => 'rc-b') $$, 'SD006'),
    ($$ select inventory.compensate_deduction('t1', '{}') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[]') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[1]') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 3}]') $$, 'SD006'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 0}]') $$, 'SD006'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 1.5}]') $$, 'SD006'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 1}, {"line": 1}]') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 1, "quantity": 0}]') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 1, "quantity": "1"}]') $$, '22023'),
    ($$ select inventory.compensate_deduction('t1', '[{"line": 1, "sku": "rc-1"}]') $$, '22023')
) as c (sql, state);

-- Give back
select pg_temp.shelf('rc-a') as before \gset
select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1', 'rc-1 1', 'rc-12 0.000000001'), 'g0') \gset
select is(pg_temp.shelf('rc-a'), :'before', 'a refused deduction leaves everything as it was');
select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-2 1', 'rc-1 1'), 'g1') \gset
select inventory.compensate_deduction('g1', reason => 'void') as answer \gset
select is(pg_temp.moved(:'answer'), 'compensation rc-4 3>5 v8, compensation rc-5 33>35 v5', 'a compensation gives back all that was taken');
select is(:'answer'::jsonb ->> 'itemsRestored', '2', 'and says how many stock rows got it');
select is(:'answer'::jsonb #>> '{document,kind}', 'compensation', 'it has a document');
select is(pg_temp.shelf('rc-a'), :'before', 'remainders come back exactly');
select results_eq(
    $$ select c.line, p.sku, c.numerator, c.denominator, c.version, c.reason from inventory.inventory_compensation_log as c join inventory.products as p using (product_id)
       where c.transaction_id = 'g1' order by 1, 2 $$,
    $$ values (1, 'rc-4', 1.0, 1.0, 8::bigint, 'void'), (1, 'rc-5', 25.0, 2.0, 5, 'void'), (2, 'rc-4', 2.0, 1.0, 8, 'void'), (2, 'rc-5', 20.0, 1.0, 5, 'void') $$,
    'the compensation log says what went back where'
);
select is(
    (inventory.compensate_deduction('g1')) #- '{ticket}',
    '{"success": true, "replayed": false, "operation": "compensate_deduction", "store": "rc-a", "errors": [], "movements": [], "itemsRestored": 0}',
    'a second one gives nothing back and says so'
);
select is(pg_temp.shelf('rc-a'), :'before', 'once is once');
select is(
    pg_temp.said(inventory.compensate_deduction('g1', '[{"line": 2, "quantity": 0.001}]')),
    'More of rc-1 is given back to rc-a than was deducted and is not given back yet', 'more than was taken is refused'
);

-- By line and in part, with thirds.
select inventory.set_unit('third', 1, 3, 'rc-9');
select inventory.set_conversion_mapping('rc-a', 'Cake', 'slice', 'rc-10', 1, 7);
select inventory.set_recipe('rc-9', '[{"name": "Cake", "quantity": 1, "unit": "slice"}, {"name": "Butter", "quantity": 1, "unit": "gram"}]', 3);
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-10 10'));
select pg_temp.shelf('rc-a') as before \gset
select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-9 5 third', 'rc-2 1'), 'g2') \gset
select is(pg_temp.moved(inventory.compensate_deduction('g2', '[{"line": 1, "quantity": 1}]', idempotency_key => 'c1')), 'compensation rc-5 1>22 v7, compensation rc-10 0>9 v3', 'a part of a line is given back in the unit of the line');
select is((inventory.compensate_deduction('g2', '[{"line": 1, "quantity": 1}]', idempotency_key => 'c1') -> 'replayed')::text, 'true', 'under the same key once');
select results_eq(
    $$ select p.sku, c.numerator, c.denominator from inventory.inventory_compensation_log as c join inventory.products as p using (product_id) where c.transaction_id = 'g2' order by 1 $$,
    $$ values ('rc-10', 1.0, 63.0), ('rc-5', 1.0, 9.0) $$, 'exactly its share of each part'
);
select is(
    inventory.compensate_deduction('g2', '[{"line": 2}, {"line": 1, "quantity": 5}]') #>> '{errors,0,detail}', 'Line 1: 5 asked for, 4 third left.',
    'no more than is left of the line'
);
select is((inventory.compensate_deduction('g2', '[{"line": 2, "quantity": 1}]')) ->> 'itemsRestored', '2', 'a line is given back by itself');
select is((inventory.compensate_deduction('g2', '[{"line": 2}]')) ->> 'itemsRestored', '0', 'and is then done with');
-- What recipes and mappings say now does not matter.
select inventory.set_recipe('rc-9', '[{"name": "Cake", "quantity": 50, "unit": "slice"}]');
select inventory.set_conversion_mapping('rc-a', 'Cake', 'slice', 'rc-11', 1, 3), inventory.set_unit('third', 1, 2, 'rc-9');
select is((inventory.compensate_deduction('g2')) ->> 'itemsRestored', '2', 'T16: the rest is given back as it was taken, although recipe, mapping and unit have changed');
select is(pg_temp.shelf('rc-a'), :'before', 'and all of it together is exactly what was taken');
select is((inventory.compensate_deduction('g2')) ->> 'itemsRestored', '0', 'to the last ninth');

-- T16: a changed conversion changes neither history nor recipes.
select inventory.set_unit('pot', 8, 1, 'rc-10');
select inventory.set_conversion_mapping('rc-a', 'Tea', 'pot', 'rc-10', 1, 1, 'pot');
select inventory.set_recipe('rc-11', '[{"name": "Tea", "quantity": 1, "unit": "pot"}]');
select inventory.set_unit('pot', 1, 1, 'rc-10');
select is(inventory.validate_deduction('rc-a', pg_temp.lines('rc-11 1')) #>> '{demand,0,need}', '8', 'T16: a changed unit changes no mapping');

-- T15
select inventory.set_conversion_mapping('rc-a', 'Loaf', 'slice', 'rc-6', 750, 9);
select inventory.set_recipe('rc-3', '[{"name": "Loaf", "quantity": 1, "unit": "slice"}]');
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-6 3 pack'));
select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-3 1'), 'slice ' || n) from generate_series(1, 9) as n \g /dev/null
select is(test.stock('rc-a', 'rc-6'), 'on_hand 0 reserved 0 version 10', 'T15: nine slices of 750 gram are exactly 750 gram');
select is((select numerator from inventory.stock_remainders where product_id = test.product('rc-6')), 0::numeric, 'T15: and nothing is left');

-- Sellable
select is(inventory.sellable('rc-12', 'rc-a'), 0::bigint, 'nothing of what is sold out can be sold');
select is(inventory.sellable('rc-10', 'rc-a'), 10::bigint, 'of a product without a recipe, what is there');
select is(inventory.sellable('rc-1', 'rc-a'), 1::bigint, 'of a recipe, what the scarcest ingredient allows: butter');
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-5 1000'));
select is(inventory.sellable('rc-1', 'rc-a'), 2::bigint, 'now dough');
select is((inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 3'), 's1') -> 'success')::text, 'false', 'one more cannot be deducted');
select is((inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 2'), 's1') -> 'success')::text, 'true', 'as many can');
select is(inventory.sellable('rc-1', 'rc-b'), 0::bigint, 'nothing where there is no mapping');
select is(inventory.sellable('rc-8', 'rc-a'), null, 'no limit where the ingredient may go below zero');

-- The same transaction id in two stores
select inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-4 1'), 't4') \gset
select throws_ok($$ select inventory.compensate_deduction('t4') $$, '22023', 'several stores have a deduction with the transaction_id "t4"', 'a transaction id of two stores needs the store');
select is(inventory.compensate_deduction('t4', store => 'rc-b') ->> 'store', 'rc-b', 'and is then found');
-- Its key is pruned, the deduction stays.
delete from inventory.inventory_deduction_idempotency where store_id = test.store('rc-b');
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-4 1'), 't4')), 'transaction_id "t4" was used before',
    'one deduction per store and transaction id, also when its key was pruned'
);
select is(test.stock('rc-b', 'rc-4'), 'on_hand 1000 reserved 0 version 3', 'and it takes nothing');

-- return_sale() does not give back what a deduction took: compensate_deduction() does.
select throws_ok($$ select inventory.return_sale('rc-a', pg_temp.lines('rc-1 1'), 'R 1') $$, 'SD006', null, 'a deduction is no sale to return to');
-- Removing
select is(inventory.remove_recipe('rc-11'), true, 'a recipe can be removed');
select is(inventory.remove_recipe('rc-11'), false, 'once');
select throws_ok($$ delete from inventory.products where sku = 'rc-10' $$, '23503', null, 'a product that a mapping names is not deleted');
-- Large
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-4 100000'));
select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 5000'), 'T24', reference => 'T24') \gset
select is((select count(*) from inventory.operation_refusals where store_id = test.store('rc-a') and errors -> 0 ->> 'sku' = 'rc-5' and jsonb_array_length(errors) = 1), 1::bigint, 'only the ingredient that is short is named');
select inventory.receive_purchase('rc-a', pg_temp.lines('rc-5 100000'));
select inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-1 5000'), 'T24', reference => 'T24') \gset
select is((select count(*) from inventory.stock_ledger where reference = 'T24'), 2::bigint, 'T24: a line of 5 000 units is a movement per ingredient');

select throws_ok(
    $$ select inventory.must(inventory.deduct_inventory_atomic('rc-a', pg_temp.lines('rc-12 1', 'rc-12 1'), 'm')) $$, 'SD010',
    'Insufficient stock of rc-12 in rc-a: Need 2, Have 0 (Short: 2)', 'must() raises what was refused'
);
select throws_ok($$ select inventory.must(inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-1 1'), 'm')) $$, 'SD013', null, 'a mapping that is missing has a code of its own');
select throws_ok($$ select inventory.must(inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-12 1'), 'm')) $$, 'SD015', null, 'and a product without ingredients');
select throws_ok($$ select inventory.must(inventory.compensate_deduction('g1', '[{"line": 1, "quantity": 9}]')) $$, 'SD016', null, 'and a compensation of too much');

-- Many in one call
select inventory.set_conversion_mapping('rc-b', 'Dough', 'piece', 'rc-4', 1), inventory.set_conversion_mapping('rc-b', 'Butter', 'gram', 'rc-5', 1);
select test.stock('rc-b', 'rc-4') as stock \gset
select inventory.deduct_inventory_many(jsonb_build_array(
    jsonb_build_object('store', 'rc-b', 'transaction_id', 'm1', 'lines', pg_temp.lines('rc-1 2'), 'actor', 'bo'),
    jsonb_build_object('store', 'rc-b', 'transaction_id', 'm2', 'lines', pg_temp.lines('rc-1 600')),
    jsonb_build_object('store', 'rc-b', 'transaction_id', 'm1', 'lines', pg_temp.lines('rc-1 2'), 'actor', 'bo'),
    jsonb_build_object('store', 'rc-b', 'transaction_id', 'm1', 'lines', pg_temp.lines('rc-1 3'), 'actor', 'bo'),
    jsonb_build_object('store', 'rc-b', 'transaction_id', 'm2', 'lines', pg_temp.lines('rc-4 1'))
)) as answers \gset
select is(
    (select string_agg(coalesce(pg_temp.moved(a.value), pg_temp.said(a.value)), '; ' order by a.place) from jsonb_array_elements(:'answers') with ordinality as a (value, place)),
    'deduction rc-4 -4>996 v4, deduction rc-5 -40>960 v2; '
        'Croffle - Dough: Need 1200, Have 996 (Short: 204) in piece; Croffle - Butter: Need 12000, Have 960 (Short: 11040) in gram; '
        'deduction rc-4 -4>996 v4, deduction rc-5 -40>960 v2; transaction_id "m1" was used for another request: lines[1].quantity; deduction rc-4 -1>995 v5',
    'many requests in one call are answered one by one, in their order'
);
select throws_ok(
    format('select inventory.deduct_inventory_many(%L)', jsonb_build_array(jsonb_build_object('store', 'rc-b', 'transaction_id', 'm8', 'lines', pg_temp.lines('rc-4 1'), 'occurred_at', t.at))),
    '22007', format('request 1: occurred_at cannot be "%s"', t.at), 'a time is a point in time: ' || t.at
) from (values
    ('yesterday'), ('now'), ('infinity'), ('2027-01-31'), ('2027-01-31T10:00:00'), ('31.1.2027 10:00+00'), ('2027-02-30T10:00:00Z'), ('2027-01-31T24:00:00Z'),
    ('2027-01-31T10:60:00Z'), ('2027-01-31T10:00:00 CET'), ('2027-01-31T10:00:00+16'), ('epoch')
) as t (at);
select is(inventory.deduct_inventory_many(jsonb_build_array(
    jsonb_build_object('store', 'rc-b', 'transaction_id', 'm8' || t.place, 'lines', pg_temp.lines('rc-5 0.001'), 'occurred_at', t.at)
)) #>> '{0,success}', 'true', 'this is one: ' || t.at)
from (values (1, '2027-01-31T10:00:00Z'), (2, '2027-01-31 10:00+00'), (3, '2024-02-29T23:59:59.999999+14:00'), (4, '2027-01-31T10:00:00-0330')) as t (place, at);
select is(:'answers'::jsonb #>> '{2,replayed}', 'true', 'a duplicate in a batch is answered as the first one');
select is(
    (inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-1 2'), 'm1', actor => 'bo') -> 'replayed')::text, 'true', 'and so is one that comes later by itself'
);
select is(inventory.compensate_deduction('m1', store => 'rc-b') ->> 'itemsRestored', '2', 'what a batch took is given back like any other');
delete from inventory.inventory_deduction_idempotency where store_id = test.store('rc-b');
select is(
    pg_temp.said(inventory.deduct_inventory_many(jsonb_build_array(jsonb_build_object('store', 'rc-b', 'transaction_id', 'm1', 'lines', pg_temp.lines('rc-1 2')))) -> 0),
    'transaction_id "m1" was used before', 'a batch too takes once per transaction id, for ever'
);
-- One plain line each is a way of its own.
select is(
    (select string_agg(pg_temp.moved(a.value), '; ' order by a.place) from jsonb_array_elements(
        inventory.deduct_inventory_many('rc-b', '{a1,a2}', '{rc-4,rc-4}', '{2,3}', actor => 'bo')) with ordinality as a (value, place)),
    'deduction rc-4 -2>997 v7; deduction rc-4 -3>994 v8',
    'arrays are answered one by one, in their order'
);
select is(inventory.deduct_inventory_many('rc-b', '{a1}', '{rc-4}', '{2}', actor => 'bo') #>> '{0,replayed}', 'true', 'and again with what was done');
select is(inventory.compensate_deduction('a2', store => 'rc-b') ->> 'itemsRestored', '1', 'what they took is given back like any other');
select throws_ok(
    format('select inventory.deduct_inventory_many(''rc-b'', %s)', a.arrays), '22023',
    'transaction_ids, skus and quantities are arrays of the same length, 1 to 1000, without nulls', 'no arrays in arrays: ' || a.arrays
) from (values
    ($$ '{{b1,b2},{b3,b4}}', '{rc-4,rc-4,rc-4,rc-4}', '{1,1,1,1}' $$), ($$ '{b1,b2}', '{{rc-4},{rc-4}}', '{1,1}' $$),
    ($$ '{b1,b2}', '{rc-4,rc-4}', '{{1,1}}' $$), ($$ '{{b1}}', '{{rc-4}}', '{{1}}' $$), ($$ '[0:0]={b1}', '{rc-4}', '{1}' $$)
) as a (arrays);
select inventory.record_sale('rc-b', pg_temp.lines('rc-4 1'), transaction_id => 'a3');
select is(
    pg_temp.said(inventory.deduct_inventory_many('rc-b', '{a3}', '{rc-4}', '{1}') -> 0), 'transaction_id "a3" was used for another request: operation',
    'a transaction id that a sale has used is not free'
);
delete from inventory.inventory_deduction_idempotency where store_id = test.store('rc-b');
select is(
    pg_temp.said(inventory.deduct_inventory_many('rc-b', '{a1}', '{rc-4}', '{2}', actor => 'bo') -> 0), 'transaction_id "a1" was used before',
    'nor is one whose key was pruned'
);
-- A row that could go below zero, and is not there, is not made by a request that is refused.
update inventory.products set allow_negative = true where sku = 'rc-11';
select inventory.set_conversion_mapping('rc-b', 'Salt', 'pinch', 'rc-11', 1, 4);
select is(
    pg_temp.said(inventory.deduct_inventory_many(jsonb_build_array(jsonb_build_object('store', 'rc-b', 'transaction_id', 'm3', 'lines', pg_temp.lines('rc-13 1', 'rc-4 9999')))) -> 0),
    'Insufficient stock of rc-4 in rc-b: Need 9999, Have 996 (Short: 9003)', 'a row that is not there may go below zero'
);
select is(test.stock('rc-b', 'rc-11'), null, 'but a refused request makes none');
create function pg_temp.batch_of_one(in_id text, variadic in_lines text[]) returns jsonb language sql as $$
    select inventory.deduct_inventory_many(
        jsonb_build_array(jsonb_build_object('store', 'rc-b', 'transaction_id', in_id, 'lines', pg_temp.lines(variadic in_lines)))
    ) -> 0
$$;
savepoint before_the_batch;
select is(pg_temp.batch_of_one('m3', 'rc-13 1', 'rc-4 9999') ->> 'success', 'false', 'in a savepoint');
release savepoint before_the_batch;
select is(test.stock('rc-b', 'rc-11'), null, 'neither');
-- A row that was there before goes on from its version when it is made again; until it moves it is none.
select inventory.receive_purchase('rc-b', pg_temp.lines('rc-11 1'));
delete from inventory.inventory_stock as s where s.store_id = test.store('rc-b') and s.product_id = test.product('rc-11');
select is(
    pg_temp.said(inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-11 1'), 'm5')), pg_temp.said(pg_temp.batch_of_one('m5', 'rc-11 1')),
    'a product whose stock row was deleted is refused in a batch as in one'
);
select is(pg_temp.batch_of_one('m3', 'rc-13 1', 'rc-4 9999') ->> 'success', 'false', 'what takes from it and is refused');
select is(test.stock('rc-b', 'rc-11'), null, 'leaves none either');
select is(pg_temp.moved(pg_temp.batch_of_one('m6', 'rc-13 1')), 'deduction rc-11 -1>-1 v3', 'and what is done makes it again');

-- A product without stock of its own that is asked for by itself and as an ingredient: both is said, in a batch as in one.
select test.product('rc-14'), test.product('rc-15'), inventory.set_recipe('rc-15', '[{"name": "Cream", "quantity": 1, "unit": "piece"}]'),
    inventory.set_conversion_mapping('rc-b', 'Cream', 'piece', 'rc-14', 1) \gset
select inventory.deduct_inventory_atomic('rc-b', pg_temp.lines('rc-14 1', 'rc-15 1'), 'm9') -> 'errors' as errors \gset
select is(:'errors'::jsonb -> 0 ->> 'code' || ' ' || (:'errors'::jsonb -> 1 ->> 'code'), 'no_ingredients insufficient_stock', 'what has no stock row is short as an ingredient, too');
select is(
    inventory.deduct_inventory_many(jsonb_build_array(jsonb_build_object('store', 'rc-b', 'transaction_id', 'm9', 'lines', pg_temp.lines('rc-14 1', 'rc-15 1')))) #> '{0,errors}',
    :'errors'::jsonb, 'in a batch as in one'
);

-- A transaction id whose key was pruned is not free for a sale or a payment either, by whatever way.
delete from inventory.inventory_deduction_idempotency where store_id = test.store('rc-b');
select is(pg_temp.said(inventory.record_sale('rc-b', pg_temp.lines(variadic c.lines), transaction_id => 'a1')), 'transaction_id "a1" was used before', c.what)
from (values
    ('{rc-4 1}'::text[], 'a sale of one line has no deduction''s id'), ('{rc-4 1,rc-4 1}', 'nor has one of two'), ('{rc-4 1 piece}', 'nor one in units')
) as c (lines, what);
select inventory.reserve_stock('o-a1', 'rc-b', pg_temp.lines('rc-4 1')) \gset
select is(
    pg_temp.said(inventory.process_order_stock_reduction('o-a1', 'rc-b', transaction_id => 'a1')), 'transaction_id "a1" was used before',
    'nor has a payment'
);
select is(
    pg_temp.said(inventory.process_order_stock_reduction('o-a1', 'rc-b', transaction_id => 'a1', rest => 'keep')), 'transaction_id "a1" was used before',
    'however it is made'
);
select is(
    pg_temp.moved(inventory.process_order_stock_reduction('o-a1', 'rc-b', transaction_id => 'a9')) like 'sale rc-4 -1>%', true, 'with another id it is paid'
);

-- Whatever was done, what was given back is never more than what was taken.
select is_empty(
    $$
        select t.document_id, t.line, t.product_id
        from inventory.inventory_deduction_parts as t
        join inventory.inventory_compensation_log as c
            on c.deduction_document_id = t.document_id and c.line = t.line and c.product_id = t.product_id
        group by t.document_id, t.line, t.product_id, t.numerator, t.denominator
        having sum(c.numerator * 1000000 / c.denominator) > t.numerator * 1000000 / t.denominator + 0.001
    $$,
    'no part was given back more than it was taken'
);
select is_empty('select test.contradictions()', 'Q1 holds');

select * from finish();
rollback;
