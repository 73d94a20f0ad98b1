-- Removes what a store takes for an ingredient: deductions there that need it are refused from then on.
--   store, ingredient_name, ingredient_unit  which one
-- Returns whether there was one. Raises SD006 for an unknown store. Writes: conversion_mappings. Locks: the mapping.
create or replace function inventory.remove_conversion_mapping(store text, ingredient_name text, ingredient_unit text) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_store_id bigint := inventory._store_id(remove_conversion_mapping.store);
begin
    delete from inventory.conversion_mappings as m
    where m.store_id = v_store_id and m.recipe_ingredient_name = remove_conversion_mapping.ingredient_name
        and m.recipe_ingredient_unit = remove_conversion_mapping.ingredient_unit;
    return found;
end
$$;

comment on function inventory.remove_conversion_mapping(text, text, text) is 'Removes what a store takes for an ingredient. Changes no history.';
