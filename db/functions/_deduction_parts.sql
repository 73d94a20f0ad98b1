-- What lines of deductions take from the stock of their stores: each product by its recipe and the store's mappings, one that has no
-- recipe from its own stock row. A mapping names a stock row of its own store only, and is found by that store.
--   in_requests   the number of the request that each line belongs to, from 1
--   in_store_ids  its store
--   in_lines      as they were read
-- Returns a row per request: a part per line and ingredient, and what is missing, as _unserved() takes it; null when nothing is. Parts
-- are returned beside that, so that shortages can be named together with it.
-- Everything is found by its index, whatever plan looked cheap when the tables were small, and planned
-- once: the number of lines changes what a plan seems to cost, and planning costs more than the look-ups.
-- Reads: products, recipes, recipe_ingredients, conversion_mappings, inventory_stock, in one statement: a recipe that is changed meanwhile is the
-- old one or the new one. Locks nothing.
create or replace function inventory._deduction_parts(
    in_requests integer[], in_store_ids bigint[], in_lines inventory.operation_line[]
)
returns table (request integer, parts inventory.deduction_part[], missing jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    return query
    select
        e.request,
        array_agg(
            (e.line, e.product, e.ingredient, e.taken_id, e.taken_sku, f.numerator, f.denominator)::inventory.deduction_part
            order by e.at, e.place
        ) filter (where e.taken_id is not null),
        jsonb_agg(
            jsonb_build_object('line', e.line, 'sku', e.sku, 'name', e.ingredient, 'unit', e.unit) order by e.at, e.place
        ) filter (where e.taken_id is null)
    from (
        select
            l.request, l.at, l.line, l.sku, l.numerator, l.denominator, coalesce(nullif(p.name, ''), l.sku) as product,
            i.ingredient_name as ingredient, i.ingredient_unit as unit, i.place,
            case when r.product_id is null then s.product_id else m.product_id end as taken_id,
            case when r.product_id is null then l.sku else k.sku end as taken_sku,
            coalesce(i.quantity, 1) as quantity, coalesce(r.yields, 1) as yields,
            coalesce(m.numerator, 1) as mapping_numerator, coalesce(m.denominator, 1) as mapping_denominator
        from unnest(in_requests, in_store_ids, in_lines) with ordinality as l (
            request, store_id, line, product_id, sku, quantity, unit, base_unit, numerator, denominator, unit_cost, price, lot, expires_on,
            expected_version, expected_quantity, original_document_id, original_line, unit_numerator, unit_denominator, at
        )
        left join inventory.products as p on p.product_id = l.product_id
        left join inventory.recipes as r on r.product_id = l.product_id
        left join inventory.recipe_ingredients as i on i.product_id = r.product_id
        left join inventory.conversion_mappings as m
            on m.store_id = l.store_id and m.recipe_ingredient_name = i.ingredient_name
                and m.recipe_ingredient_unit = i.ingredient_unit
        left join inventory.products as k on k.product_id = m.product_id
        left join inventory.inventory_stock as s
            on r.product_id is null and s.store_id = l.store_id and s.product_id = l.product_id
    ) as e
    -- _fraction() written out, here and where else it would be called for each row.
    cross join lateral (
        select
            trunc(e.numerator * (e.quantity * 1000000000) * e.mapping_numerator) as above,
            e.denominator * 1000000000 * e.yields * e.mapping_denominator as below
    ) as v
    cross join lateral (
        select div(v.above, gcd(v.above, v.below)) as numerator, div(v.below, gcd(v.above, v.below)) as denominator
    ) as f
    group by e.request;
end
$$;

comment on function inventory._deduction_parts(integer[], bigint[], inventory.operation_line[]) is
    'What lines of deductions take from the stock of their stores, by recipes and mappings.';
