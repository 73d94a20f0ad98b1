-- The errors of what a store has nothing for, in the words that people know: ingredients without a mapping there, and products that have
-- neither ingredients nor stock of their own there.
--   in_missing  [{line, sku, name, unit}]; name and unit are null for a product. Null is none, and has no errors
create or replace function inventory._unserved(in_store text, in_missing jsonb) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_missing is null then
        return null;
    end if;
    return (
        select jsonb_agg(
            case when u.name is not null then jsonb_build_object(
                'code', 'no_conversion_mapping',
                'message', format('No conversion mapping found for %s in store %s', u.name, in_store),
                'detail', format(
                    'Counted in %s; asked for by %s %s.', u.unit, case cardinality(u.lines) when 1 then 'line' else 'lines' end,
                    array_to_string(u.lines, ', ')
                ),
                'hint', 'set_conversion_mapping() says what this store takes for it.',
                'store', in_store, 'ingredient', u.name, 'unit', u.unit, 'lines', to_jsonb(u.lines)
            ) else jsonb_build_object(
                'code', 'no_ingredients',
                'message', format('Product %s has no ingredients and no stock of its own in store %s', u.sku, in_store),
                'detail', format(
                    'Asked for by %s %s.', case cardinality(u.lines) when 1 then 'line' else 'lines' end, array_to_string(u.lines, ', ')
                ),
                'hint', 'set_recipe() says what it is made of; a product without a recipe is received into stock before it is sold.',
                'store', in_store, 'sku', u.sku, 'lines', to_jsonb(u.lines)
            ) end
            order by u.place
        )
        from (
            select
                m.value ->> 'name' as name, m.value ->> 'unit' as unit,
                case when m.value ->> 'name' is null then m.value ->> 'sku' end as sku,
                array_agg(distinct (m.value ->> 'line')::integer) as lines, min(m.place) as place
            from jsonb_array_elements(in_missing) with ordinality as m (value, place)
            group by 1, 2, 3
        ) as u
    );
end
$$;

comment on function inventory._unserved(text, jsonb) is
    'The errors of ingredients without a mapping, and of products without ingredients and stock.';
