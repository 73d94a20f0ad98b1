-- Units and remainders: quantities are exact, whatever they are counted in.
begin;
select no_plan();

select test.store('u-a'), test.product('u-1'), test.product('u-2'), test.product('u-flour'), test.product('u-3');
update inventory.products set pieces_per_pack = 3, packs_per_box = 3 where sku = 'u-1';
update inventory.products set base_unit = 'gram', pieces_per_pack = 750 where sku = 'u-flour';
create function pg_temp.lines(variadic in_lines text[]) returns jsonb language sql as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'sku', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::numeric, 'unit', nullif(split_part(l, ' ', 3), '')
    )) order by place)
    from unnest(in_lines) with ordinality as x (l, place)
$$;
create function pg_temp.have(in_sku text) returns text language sql as $$
    select concat_ws(' + ', s.on_hand, r.numerator || '/' || r.denominator)
    from inventory.inventory_stock as s
    left join inventory.stock_remainders as r on r.store_id = s.store_id and r.product_id = s.product_id and r.numerator > 0
    where s.store_id = test.store('u-a') and s.product_id = test.product(in_sku)
$$;
create function pg_temp.receive(variadic in_lines text[]) returns boolean language sql as
    $$ select (inventory.receive_purchase('u-a', pg_temp.lines(variadic in_lines)) -> 'success')::boolean $$;
create function pg_temp.sell(variadic in_lines text[]) returns boolean language sql as
    $$ select (inventory.record_sale('u-a', pg_temp.lines(variadic in_lines)) -> 'success')::boolean $$;

-- T15
select pg_temp.receive('u-1 1 box');
select is(pg_temp.have('u-1'), '9', 'a box of three packs of three pieces is nine');
select pg_temp.sell('u-1 1 pack', 'u-1 1 piece', 'u-1 4', 'u-1 1');
select is(pg_temp.have('u-1'), '0', 'T15: a box that is bought and sold by the piece leaves exactly nothing');
select inventory.set_unit('kilogram', 1000, base_unit => 'gram');
select pg_temp.receive('u-flour 1.5 kilogram', 'u-flour 2 pack');
select is(pg_temp.have('u-flour'), '3000', 'a unit of the base unit, and packs of 750 g');
select pg_temp.sell('u-flour 0.75 kilogram', 'u-flour 2.25 kilogram');
select is(pg_temp.have('u-flour'), '0', 'T15: 750 g packs sold by the kilogram leave exactly nothing');
select inventory.set_unit('third', 1, 3, sku => 'u-2');
select pg_temp.receive('u-2 10');
select pg_temp.sell('u-2 1 third');
select is(pg_temp.have('u-2'), '9 + 2/3', 'a third of a unit opens one, and the rest is kept exactly');
select pg_temp.sell('u-2 1 third'), pg_temp.sell('u-2 1 third');
select is(pg_temp.have('u-2'), '9', 'T15: three thirds are one');
select is(test.movements('u-a', 'u-2'), '1:purchase +10>10, 2:sale -1>9, 3:sale +0>9, 4:sale +0>9', 'each is a movement, of whole units');
select is(pg_temp.sell('u-2 28 third'), false, 'more than there is, by a third, is refused');
select is(pg_temp.have('u-2'), '9', 'and a refusal leaves the remainder alone');
select is(pg_temp.sell('u-2 1 third', 'u-2 8.5', 'u-2 1 third'), false, 'parts are summed exactly before they are compared');
select is(pg_temp.sell('u-2 1 third', 'u-2 8.25', 'u-2 1 third'), true, 'halves, quarters and thirds at once');
select is(pg_temp.have('u-2'), '0 + 1/12', 'the remainder is exact');
select is(
    inventory.record_sale('u-a', pg_temp.lines('u-2 0.1')) #>> '{errors,0,message}',
    'Insufficient stock of u-2 in u-a: Need 0.1, Have 0.083333333 (Short: 0.016666667)', 'a tenth is more than a twelfth, and that is what is said'
);
select is((inventory.adjust_stock('u-a', '[{"sku": "u-2", "quantity": 0.25}]', 'found') -> 'success')::boolean, true, 'what is found');
select is(pg_temp.have('u-2'), '0 + 1/3', 'is added to the remainder');
select is(pg_temp.sell('u-2 1 third'), true, 'and can be sold');
select is(pg_temp.have('u-2'), '0', 'to the last third');
select results_eq(
    $$ select s.version, s.numerator || '/' || s.denominator, s.numerator_after || '/' || s.denominator_after
       from inventory.stock_remainder_steps as s where s.product_id = test.product('u-2') order by s.version $$,
    $$ values (2::bigint, '-1/3', '2/3'), (3, '-1/3', '1/3'), (4, '-1/3', '0/1'),
        (5, '-1/3', '2/3'), (6, '-33/4', '5/12'), (7, '-1/3', '1/12'), (8, '1/4', '1/3'), (9, '-1/3', '0/1') $$,
    'every change of a remainder is recorded'
);

-- Returns restore what was taken, exactly
select pg_temp.receive('u-3 5');
select inventory.set_unit('seventh', 1, 7, sku => 'u-3');
select inventory.record_sale('u-a', pg_temp.lines('u-3 2 seventh', 'u-3 0.5'), reference => 'R u-3');
select is(pg_temp.have('u-3'), '4 + 3/14', 'two sevenths and a half are taken');
select is((inventory.return_sale('u-a', pg_temp.lines('u-3 3 seventh'), 'R u-3') -> 'success')::boolean, true, 'three sevenths come back, of both lines');
select is(pg_temp.have('u-3'), '4 + 9/14', 'exactly');
select is((inventory.return_sale('u-a', pg_temp.lines('u-3 3 seventh'), 'R u-3') -> 'success')::boolean, false, 'three more were not sold');
select is((inventory.return_sale('u-a', pg_temp.lines('u-3 2.5 seventh'), 'R u-3') -> 'success')::boolean, true, 'two and a half were');
select is(pg_temp.have('u-3'), '5', 'and all is as before');

-- Balances
select is((inventory.set_stock('u-a', pg_temp.lines('u-3 4.5')) -> 'success')::boolean, true, 'half a unit is counted');
select is(pg_temp.have('u-3'), '4 + 1/2', 'and set');
select is(
    (inventory.set_stock('u-a', '[{"sku": "u-3", "quantity": 4, "expected_quantity": 4}]')) #>> '{errors,0,detail}',
    'Line 1 expected quantity 4 piece and found 4.5 piece.', 'an expected quantity is compared exactly'
);
select is((inventory.set_stock('u-a', '[{"sku": "u-3", "quantity": 14, "unit": "seventh", "expected_quantity": 31.5}]') -> 'success')::boolean, true, 'in the unit of its line');
select is(pg_temp.have('u-3'), '2', 'so is the balance');

-- T16
select pg_temp.receive('u-1 1 box');
update inventory.products set pieces_per_pack = 4 where sku = 'u-1';
select pg_temp.receive('u-1 1 box');
select is(pg_temp.have('u-1'), '21', 'T16: a changed pack counts from now on');
select is(
    (select string_agg(l.numerator::text, ' ' order by l.document_id, l.line) from inventory.stock_document_lines as l where l.product_id = test.product('u-1') and l.unit = 'box'),
    '9 9 12', 'T16: what was recorded stays'
);
select inventory.set_unit('third', 1, 3, sku => 'u-2') as same \gset
select is(inventory.set_unit('third', 1, 3, sku => 'u-2'), :same::bigint, 'the same ratio is no new version');
select isnt(inventory.set_unit('third', 2, 6, sku => 'u-2'), :same::bigint, 'another one is');
select inventory.set_unit('third', 1, 2, sku => 'u-2');
select results_eq(
    $$ select version, numerator, denominator from inventory.units where name = 'third' order by version $$,
    $$ values (1, 1::bigint, 3::bigint), (2, 2, 6), (3, 1, 2) $$, 'T16: old versions stay'
);
select is((select r.numerator || '/' || r.denominator from inventory._unit_ratio(test.product('u-2'), 'piece', 1, 1, 'third') as r), '1/2', 'the last one counts');
select inventory.set_unit('kilogram', 999, sku => 'u-flour');
select is((select r.numerator from inventory._unit_ratio(test.product('u-flour'), 'gram', 1, 1, 'kilogram') as r), 999::numeric, 'a product''s own unit comes before the general one');

select throws_ok(format('select inventory.set_unit(%s)', w.arguments), w.sqlstate, null, 'no unit: ' || w.arguments)
from (values
    ($$ 'gram', 10, 1, 'u-flour' $$, '22023'), ($$ 'gram', 10, 1, null, 'gram' $$, '22023'),
    ($$ 'x', 1 $$, '22023'), ($$ 'x', 1, 1, 'u-1', 'gram' $$, '22023'), ($$ 'x', 1, 1, 'u-x' $$, 'SD006'), ($$ 'box', 1, 1, 'u-1' $$, '22023'),
    ($$ 'x', 0, 1, 'u-1' $$, '22023'), ($$ 'x', 1, 0, 'u-1' $$, '22023'), ($$ 'x', 1000000001, 1, 'u-1' $$, '22023'), ($$ null, 1, 1, 'u-1' $$, '22023'),
    ($$ '', 1, 1, 'u-1' $$, '22023'), ($$ 'x', 1, 1, 'u-1', null, repeat('a', 201) $$, '22001')
) as w (arguments, sqlstate);

-- Numbers that are too far apart are refused, not rounded
select test.product('u-4');
select inventory.set_unit('p' || p, 1, p, sku => 'u-4') from unnest(array[999999937, 999999929, 999999893, 999999883, 999999797, 999999761, 999999757, 999999751]) as p;
select pg_temp.receive('u-4 100');
select throws_ok(
    $$ select pg_temp.sell('u-4 1 p999999937', 'u-4 1 p999999929', 'u-4 1 p999999893', 'u-4 1 p999999883', 'u-4 1 p999999797', 'u-4 1 p999999761', 'u-4 1 p999999757') $$,
    '22003', 'the remainder of u-4 in u-a cannot be kept exactly', 'a remainder that would have too many digits'
);
select pg_temp.sell('u-4 1 p999999937', 'u-4 1 p999999929', 'u-4 1 p999999893', 'u-4 1 p999999883', 'u-4 1 p999999797');
select pg_temp.receive('u-4 1 p999999797', 'u-4 1 p999999929', 'u-4 1 p999999893', 'u-4 1 p999999883', 'u-4 1 p999999937');
select is(pg_temp.have('u-4'), '100', 'up to there it is exact');

-- The property: n sales of q leave what one of n*q leaves, for any q, unit and n, with whole ones between them.
select setseed(0.42);
create function pg_temp.property(in_round integer) returns text language plpgsql as $$
declare
    v_numerator bigint := 1 + floor(random() * 30);
    v_denominator bigint := 1 + floor(random() * 30);
    v_n integer := 1 + floor(random() * 12);
    v_q numeric := round((0.001 + random() * 3)::numeric, (random() * 3)::integer) + 0.001;
    v_one text := format('u-p%s', in_round);
    v_many text := format('u-q%s', in_round);
    v_unit text := 'x';
begin
    perform test.product(v_one), test.product(v_many);
    perform inventory.set_unit(v_unit, v_numerator, v_denominator, sku => v_one), inventory.set_unit(v_unit, v_numerator, v_denominator, sku => v_many);
    perform pg_temp.receive(v_one || ' 5000', v_many || ' 5000');
    perform pg_temp.sell(format('%s %s %s', v_one, v_n * v_q, v_unit), v_one || ' ' || v_n);
    if in_round % 2 = 0 then
        for i in 1..v_n loop
            perform pg_temp.sell(format('%s %s %s', v_many, v_q, v_unit));
            perform pg_temp.sell(v_many || ' 1');
        end loop;
    else
        perform inventory.record_sale('u-a', (
            select jsonb_agg(l.line) from generate_series(1, v_n), lateral (values
                (jsonb_build_object('sku', v_many, 'quantity', v_q, 'unit', v_unit)), (jsonb_build_object('sku', v_many, 'quantity', 1))
            ) as l (line)
        ));
    end if;
    if pg_temp.have(v_one) <> pg_temp.have(v_many) then
        return format('%s x %s of %s/%s: %s, %s', v_n, v_q, v_numerator, v_denominator, pg_temp.have(v_one), pg_temp.have(v_many));
    end if;
    -- And taking it all back restores it.
    perform pg_temp.receive(format('%s %s %s', v_many, v_n * v_q, v_unit), v_many || ' ' || v_n);
    if pg_temp.have(v_many) <> '5000' then
        return format('%s x %s of %s/%s is not restored: %s', v_n, v_q, v_numerator, v_denominator, pg_temp.have(v_many));
    end if;
    return null;
end
$$;
select is_empty($$ select p from generate_series(1, 60) as n, lateral pg_temp.property(n::integer) as p where p is not null $$,
    'n sales of q leave what one of n*q leaves, for 60 random quantities and units (setseed 0.42)');

-- Remainders follow from their steps
select is_empty(
    $$
        select s.store_id, s.product_id, s.version
        from inventory.stock_remainder_steps as s
        join inventory.stock_ledger as l on l.store_id = s.store_id and l.product_id = s.product_id and l.version = s.version
        left join lateral (
            select b.numerator_after, b.denominator_after from inventory.stock_remainder_steps as b
            where b.store_id = s.store_id and b.product_id = s.product_id and b.version < s.version order by b.version desc limit 1
        ) as b on true
        -- before + change = whole units + after, multiplied out
        where (coalesce(b.numerator_after, 0) * s.denominator + s.numerator * coalesce(b.denominator_after, 1)) * s.denominator_after
            <> (l.on_hand_delta * s.denominator_after + s.numerator_after) * s.denominator * coalesce(b.denominator_after, 1)
        union all
        select r.store_id, r.product_id, null
        from inventory.stock_remainders as r
        where (r.numerator, r.denominator) <> (
            select s.numerator_after, s.denominator_after from inventory.stock_remainder_steps as s
            where s.store_id = r.store_id and s.product_id = r.product_id order by s.version desc limit 1
        )
    $$,
    'each remainder is what its steps say, and each step what its movement says'
);
select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
