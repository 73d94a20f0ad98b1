-- Who asks for a stock row, as a shortage says it: "Product A, Product B - Ingredient X". Each name once, in the order of the request,
-- ten of each at most. Null when only the product's own sales ask: then the shortage is one of the product.
create or replace function inventory._demand_label(in_parts inventory.deduction_part[], in_product_id bigint) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select n.products || ' - ' || n.ingredients
    from (
        select
            string_agg(k.name, ', ' order by k.place) filter (where k.is_product and k.rank <= 10)
                || coalesce(' and ' || nullif(greatest(count(*) filter (where k.is_product) - 10, 0), 0) || ' more', '') as products,
            string_agg(k.name, ', ' order by k.place) filter (where not k.is_product and k.rank <= 10)
                || coalesce(' and ' || nullif(greatest(count(*) filter (where not k.is_product) - 10, 0), 0) || ' more', '') as ingredients
        from (
            select v.is_product, v.name, min(p.place) as place, row_number() over (partition by v.is_product order by min(p.place)) as rank
            from unnest(in_parts) with ordinality as p (line, product, ingredient, product_id, sku, numerator, denominator, place)
            cross join lateral (values (true, p.product), (false, p.ingredient)) as v (is_product, name)
            where p.product_id = in_product_id and v.name is not null
            group by v.is_product, v.name
        ) as k
    ) as n
$$;

comment on function inventory._demand_label(inventory.deduction_part[], bigint) is
    'Who asks for a stock row, as a shortage says it: "Product A, Product B - Ingredient X".';
