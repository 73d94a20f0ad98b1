-- Health: can what is sold by recipe be taken from this store's stock?
-- Reads: recipes, recipe_ingredients, products, conversion_mappings, operation_refusals.
create or replace function inventory._health_of_mappings(in_store_id bigint) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_refused text;
    v_refusals bigint;
    v_unmapped bigint;
    v_deleted bigint;
    v_mappings bigint;
begin
    select count(*) into v_mappings from inventory.conversion_mappings as m where m.store_id = in_store_id;
    -- Somebody wanted to sell it, and still cannot.
    select count(*), string_agg(format('%s (%s)', r.ingredient, r.unit), ', ' order by r.ingredient, r.unit) filter (where r.place <= 5)
    into v_refusals, v_refused
    from (
        select e.error ->> 'ingredient' as ingredient, e.error ->> 'unit' as unit,
            row_number() over (order by e.error ->> 'ingredient', e.error ->> 'unit') as place
        from inventory.operation_refusals as o
        cross join jsonb_array_elements(o.errors) as e (error)
        where o.store_id = in_store_id and o.recorded_at > now() - interval '24 hours'
            and e.error ->> 'code' = 'no_conversion_mapping'
            and not exists (
                select from inventory.conversion_mappings as m
                where m.store_id = in_store_id and m.recipe_ingredient_name = e.error ->> 'ingredient'
                    and m.recipe_ingredient_unit = e.error ->> 'unit'
            )
        group by e.error ->> 'ingredient', e.error ->> 'unit'
    ) as r;
    select count(*) into v_unmapped
    from (
        select i.ingredient_name, i.ingredient_unit
        from inventory.recipe_ingredients as i
        join inventory.products as p on p.product_id = i.product_id and p.active
        except
        select m.recipe_ingredient_name, m.recipe_ingredient_unit
        from inventory.conversion_mappings as m
        where m.store_id = in_store_id
    ) as u;
    select count(*) into v_deleted
    from inventory.conversion_mappings as m
    join inventory.products as p on p.product_id = m.product_id and not p.active
    where m.store_id = in_store_id;
    return inventory._health_check(
        'Conversion mappings',
        case when v_refusals > 0 then format('Refused in the last day for want of a mapping: %s.', v_refused) end,
        case
            when v_mappings > 0 and v_unmapped > 0 then format('%s ingredients of recipes have no mapping here.', v_unmapped)
            when v_deleted > 0 then format('%s mappings take from products that were deleted.', v_deleted)
        end,
        'Every ingredient that this store uses is mapped.',
        'Critical: an operation of the last 24 hours was refused for a mapping that is still missing. Warning: a store with mappings lacks one of an ingredient of an active product, or maps to a deleted product.',
        jsonb_build_object('mappings', v_mappings, 'unmapped', v_unmapped, 'refused', v_refusals, 'to_deleted_products', v_deleted)
    );
end
$$;

comment on function inventory._health_of_mappings(bigint) is 'Health: can what is sold by recipe be taken from stock?';
