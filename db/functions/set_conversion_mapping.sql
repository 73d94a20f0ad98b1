-- Sets what a store takes from its stock for an ingredient of recipes: one unit of the ingredient is numerator/denominator units of a
-- product. There is one mapping per store, ingredient and unit; it is replaced.
--   store                   the store's code; the stock is this store's
--   ingredient_name         what recipes call it, 200 characters
--   ingredient_unit         what recipes count it in, 50 characters
--   sku                     the product whose stock is taken
--   numerator, denominator  whole numbers from 1 to 1 000 000
--   unit                    unit of the product that they count, the base unit when left out. Its ratio of now is kept: a unit that is
--                           changed later changes no mapping
--   actor                   who; the login when left out
-- Raises SD006 for an unknown store, sku or unit, 22023 for a name, unit or ratio out of range.
-- Reads: stores, products, units. Writes: conversion_mappings. Locks: the mapping.
create or replace function inventory.set_conversion_mapping(
    store text, ingredient_name text, ingredient_unit text, sku text, numerator bigint, denominator bigint default 1,
    unit text default null, actor text default null
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(set_conversion_mapping.store);
    v_product_id bigint := inventory._product_id(set_conversion_mapping.sku);
    v_ratio record;
    v_taken record;
begin
    perform inventory._check_arguments(null, null, set_conversion_mapping.actor, null, null, null, null);
    if length(set_conversion_mapping.ingredient_name) between 1 and 200
        and length(set_conversion_mapping.ingredient_unit) between 1 and 50
    then
        null;
    else
        raise exception 'an ingredient has a name of 1 to 200 and a unit of 1 to 50 characters' using errcode = 'invalid_parameter_value';
    end if;
    if set_conversion_mapping.numerator between 1 and 1000000 and set_conversion_mapping.denominator between 1 and 1000000 then
        null;
    else
        raise exception 'numerator and denominator are whole numbers from 1 to 1000000' using errcode = 'invalid_parameter_value';
    end if;
    select u.numerator, u.denominator into v_ratio
    from inventory.products as p
    cross join lateral inventory._unit_ratio(
        p.product_id, p.base_unit, p.pieces_per_pack, p.packs_per_box, coalesce(set_conversion_mapping.unit, p.base_unit)
    ) as u
    where p.product_id = v_product_id;
    if set_conversion_mapping.unit is null then
        v_ratio.numerator := 1;
        v_ratio.denominator := 1;
    elsif v_ratio.numerator is null then
        raise exception '% has no unit "%"', set_conversion_mapping.sku, left(set_conversion_mapping.unit, 60)
            using errcode = 'SD006', hint = 'Units are box, pack, piece, the base unit, and what set_unit() made.';
    end if;
    select f.numerator, f.denominator into v_taken
    from inventory._fraction(
        set_conversion_mapping.numerator * v_ratio.numerator, set_conversion_mapping.denominator * v_ratio.denominator
    ) as f;
    if greatest(v_taken.numerator, v_taken.denominator) > 1000000000000000 then
        raise exception 'one % of % would be too much or too little of %', set_conversion_mapping.ingredient_unit,
            set_conversion_mapping.ingredient_name, set_conversion_mapping.sku
            using errcode = 'invalid_parameter_value',
            hint = 'Numerator and denominator, in its base unit and reduced, are at most 1000000000000000.';
    end if;
    insert into inventory.conversion_mappings as m (
        store_id, recipe_ingredient_name, recipe_ingredient_unit, product_id, numerator, denominator, actor
    )
    select
        v_store_id, set_conversion_mapping.ingredient_name, set_conversion_mapping.ingredient_unit, v_product_id,
        v_taken.numerator, v_taken.denominator, coalesce(set_conversion_mapping.actor, c.actor)
    from inventory._writer_context() as c
    on conflict (store_id, recipe_ingredient_name, recipe_ingredient_unit) do update set
        product_id = excluded.product_id, numerator = excluded.numerator, denominator = excluded.denominator,
        actor = excluded.actor, updated_at = clock_timestamp();
end
$$;

comment on function inventory.set_conversion_mapping(text, text, text, text, bigint, bigint, text, text) is
    'Sets what a store takes from its stock for an ingredient of recipes: one unit of it is numerator/denominator units of a product. Changes no history.';
