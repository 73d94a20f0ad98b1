-- How a product stands to a search: 0 is its sku, 1 its sku begins like the query, 2 its name does, 3 its name has all the words, 4 another
-- place has some of them.
create or replace function inventory._search_class(in_sku text, in_name text, in_query text, in_text text, in_words tsquery) returns integer
language sql immutable
return case
    when in_sku = in_query then 0
    when starts_with(btrim(inventory.search_text(in_sku)), in_text) then 1
    when starts_with(btrim(inventory.search_text(in_name)), in_text) then 2
    when to_tsvector('pg_catalog.simple', inventory.search_text(in_name)) @@ in_words then 3
    else 4
end;

comment on function inventory._search_class(text, text, text, text, tsquery) is 'How a product stands to a search: the lower the nearer.';

-- Active products by words of their sku, name and description: each word of the query is the beginning of one of them, whatever case and
-- accents. The exact sku comes first, then skus that begin like the query, names that do, and names that have all the words; else by sku.
--   query   1 to 200 characters, of which at most 10 words count
--   "limit" 1 to 1000, 50 when left out
--   of_category, of_vendor  only products with this code of one; left out: of any
--   after   the sku of the last product of the page before; left out: from the first on
-- Where more than 10 000 products match, the order is that of any 10 000 of them, the exact sku included.
-- Returns the products; none for a query without a letter or digit that is no sku. Raises 22023 for wrong arguments, SD006 for an unknown after.
-- Reads: products, categories, vendors. Runs as the caller.
create or replace function inventory.search_products(
    query text, "limit" integer default 50, of_category text default null, of_vendor text default null, after text default null
)
returns table (
    product_id bigint, sku text, name text, description text, vendor text, category text, availability text, base_unit text, base_price numeric
)
language plpgsql stable
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
#variable_conflict use_column
declare
    v_text text := btrim(inventory.search_text(search_products.query));
    v_words text[];
    v_query tsquery;
    v_after integer;
begin
    if search_products.query is null or search_products.query = '' or length(search_products.query) > 200 then
        raise exception 'a query has 1 to 200 characters' using errcode = 'invalid_parameter_value';
    end if;
    if search_products."limit" is null or search_products."limit" not between 1 and 1000 then
        raise exception 'a limit is 1 to 1000, not %', coalesce(search_products."limit"::text, 'null') using errcode = 'invalid_parameter_value';
    end if;
    v_words := (string_to_array(v_text, ' '))[1:10];
    v_query := (select string_agg(quote_literal(left(w, 200)) || ':*', ' & ') from unnest(v_words) as w where w <> '')::tsquery;
    if search_products.after is not null then
        select inventory._search_class(t.sku, t.name, search_products.query, v_text, v_query) into v_after
        from inventory.products as t where t.sku = search_products.after;
        if not found then
            raise exception 'there is no product "%" to go on after', left(search_products.after, 100) using errcode = 'SD006';
        end if;
    end if;
    return query
        select p.product_id, p.sku, p.name, p.description, v.code, c.code, p.availability, p.base_unit, p.base_price
        from (
            (select t.product_id, 0 as class from inventory.products as t where t.sku = search_products.query)
            union all
            select f.product_id, inventory._search_class(f.sku, f.name, search_products.query, v_text, v_query)
            from (
                select t.product_id, t.sku, t.name from inventory.products as t
                where inventory.search_document(t.sku, t.name, t.description) @@ v_query and t.active and t.sku <> search_products.query
                    and (search_products.of_category is null or t.category_id = (
                        select i.category_id from inventory.categories as i where i.code = search_products.of_category
                    ))
                    and (search_products.of_vendor is null or t.vendor_id = (
                        select i.vendor_id from inventory.vendors as i where i.code = search_products.of_vendor
                    ))
                limit 10000
            ) as f
        ) as m
        join inventory.products as p on p.product_id = m.product_id
        left join inventory.vendors as v on v.vendor_id = p.vendor_id
        left join inventory.categories as c on c.category_id = p.category_id
        where p.active and (search_products.of_category is null or c.code = search_products.of_category)
            and (search_products.of_vendor is null or v.code = search_products.of_vendor)
            and (v_after is null or (m.class, p.sku collate "C") > (v_after, search_products.after))
        order by m.class, p.sku collate "C"
        limit search_products."limit";
end
$$;

comment on function inventory.search_products(text, integer, text, text, text) is
    'Active products by words of their sku, name and description; the exact sku first.';
