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

select is_empty('select test.contradictions()', 'Q1 holds');
select * from finish();
rollback;
