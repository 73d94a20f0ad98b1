-- Sets what a product is made of when it is sold by deduct_inventory_atomic(). A recipe that exists is replaced as a whole.
--   sku          the product that is made
--   ingredients  [{name, quantity, unit}], 1 to 500, each name and unit once: quantity is a number above 0 with at most 9 decimals, of
--                that unit; each store says by set_conversion_mapping() what stock it takes for it
--   yields       how many base units of the product they make, 1 to 1 000 000 000: 8 for a cake of eight pieces
--   actor        who; the login when left out
-- Raises SD006 for an unknown sku, 22... for ingredients that are none and yields out of range.
-- Reads: products. Writes: recipes, recipe_ingredients. Locks: the recipe against other calls.
create or replace function inventory.set_recipe(sku text, ingredients jsonb, yields bigint default 1, actor text default null)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_product_id bigint := inventory._product_id(set_recipe.sku);
    v_value jsonb;
    v_place integer;
    v_quantity numeric;
begin
    perform inventory._check_arguments(null, null, set_recipe.actor, null, null, null, null);
    if jsonb_typeof(set_recipe.ingredients) is distinct from 'array'
        or jsonb_array_length(set_recipe.ingredients) not between 1 and 500
    then
        raise exception 'ingredients are an array of 1 to 500 objects'
            using errcode = 'invalid_parameter_value', hint = 'Like [{"name": "Butter", "quantity": 20, "unit": "gram"}].';
    end if;
    if (set_recipe.yields between 1 and 1000000000) is not true then
        raise exception 'a recipe yields a whole number from 1 to 1000000000'
            using errcode = 'invalid_parameter_value', hint = 'How many base units of the product the ingredients make.';
    end if;
    insert into inventory.recipes as r (product_id, yields, actor)
    select v_product_id, set_recipe.yields, coalesce(set_recipe.actor, c.actor)
    from inventory._writer_context() as c
    on conflict (product_id) do update set yields = excluded.yields, actor = excluded.actor, updated_at = clock_timestamp();
    delete from inventory.recipe_ingredients as i where i.product_id = v_product_id;
    for v_value, v_place in
        select a.value, a.place from jsonb_array_elements(set_recipe.ingredients) with ordinality as a (value, place)
    loop
        if jsonb_typeof(v_value) <> 'object' or jsonb_typeof(v_value -> 'name') is distinct from 'string'
            or jsonb_typeof(v_value -> 'unit') is distinct from 'string'
            or jsonb_typeof(v_value -> 'quantity') is distinct from 'number'
            or v_value - array['name', 'quantity', 'unit'] <> '{}'
        then
            raise exception 'ingredient % is none', v_place
                using errcode = 'invalid_parameter_value', detail = left(v_value::text, 200),
                hint = 'An ingredient has name, quantity and unit, and nothing else.';
        end if;
        if length(v_value ->> 'name') not between 1 and 200 or length(v_value ->> 'unit') not between 1 and 50 then
            raise exception 'ingredient %: its name or unit is empty or too long', v_place
                using errcode = 'invalid_parameter_value', detail = 'A name has at most 200 characters, a unit at most 50.';
        end if;
        v_quantity := (v_value -> 'quantity')::numeric;
        -- The first test keeps the others from numbers of a hundred thousand digits.
        if abs(v_quantity) >= 1e15 or min_scale(v_quantity) > 9 then
            raise exception 'ingredient %: quantity is too large or too fine', v_place
                using errcode = 'invalid_parameter_value', detail = 'At most 15 digits before the decimal point, and 9 after it.';
        end if;
        if v_quantity <= 0 then
            raise exception 'ingredient %: quantity is %', v_place, v_quantity
                using errcode = 'invalid_parameter_value', hint = 'It says how much of the unit goes in, above 0.';
        end if;
        insert into inventory.recipe_ingredients (product_id, ingredient_name, ingredient_unit, quantity, place)
        values (
            v_product_id, v_value ->> 'name', v_value ->> 'unit', v_quantity, v_place
        )
        on conflict do nothing;
        if not found then
            raise exception 'ingredient %: "%" in % is there already', v_place, v_value ->> 'name', v_value ->> 'unit'
                using errcode = 'invalid_parameter_value', hint = 'Add the quantities up.';
        end if;
    end loop;
end
$$;

comment on function inventory.set_recipe(text, jsonb, bigint, text) is
    'Sets what a product is made of when it is sold by deduct_inventory_atomic(): {name, quantity, unit} per ingredient. Changes no history.';
