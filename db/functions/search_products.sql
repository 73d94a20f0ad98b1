-- What search_products() finds, with how each stands to the search, from where the page before ended.
--   in_after_class, in_after_sku  of the last product of the page before; null: from the first on. The two are its place in the order, wherever
--                                 it may be now
-- The rest is as of search_products(). Reads: products, categories, vendors. Runs as the caller.
create or replace function inventory._search(
    in_query text, in_limit integer, in_category text, in_vendor text, in_after_class integer default null, in_after_sku text default null
)
returns table (
    class integer, product_id bigint, sku text, name text, description text, vendor text, category text, availability text, base_unit text,
    base_price numeric
)
language plpgsql stable
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
#variable_conflict use_column
declare
    v_text text := btrim(inventory.search_text(in_query));
    v_words text[];
    v_query tsquery;
begin
    if in_query is null or in_query = '' or length(in_query) > 200 then
        raise exception 'a query has 1 to 200 characters' using errcode = 'invalid_parameter_value';
    end if;
    if in_limit is null or in_limit not between 1 and 1000 then
        raise exception 'a limit is 1 to 1000, not %', coalesce(in_limit::text, 'null') using errcode = 'invalid_parameter_value';
    end if;
    v_words := (string_to_array(v_text, ' '))[1:10];
    v_query := (select string_agg(quote_literal(left(w, 200)) || ':*', ' & ') from unnest(v_words) as w where w <> '')::tsquery;
    return query
        select m.class, p.product_id, p.sku, p.name, p.description, v.code, c.code, p.availability, p.base_unit, p.base_price
        from (
            (select t.product_id, 0 as class from inventory.products as t where t.sku = in_query)
            union all
            select
                f.product_id,
                case
                    when starts_with(btrim(inventory.search_text(f.sku)), v_text) then 1
                    when starts_with(btrim(inventory.search_text(f.name)), v_text) then 2
                    when to_tsvector('pg_catalog.simple', inventory.search_text(f.name)) @@ v_query then 3
                    else 4
                end
            from (
                select t.product_id, t.sku, t.name from inventory.products as t
                where inventory.search_document(t.sku, t.name, t.description) @@ v_query and t.active and t.sku <> in_query
                    and (in_category is null or t.category_id = (select i.category_id from inventory.categories as i where i.code = in_category))
                    and (in_vendor is null or t.vendor_id = (select i.vendor_id from inventory.vendors as i where i.code = in_vendor))
                limit 10000
            ) as f
        ) as m
        join inventory.products as p on p.product_id = m.product_id
        left join inventory.vendors as v on v.vendor_id = p.vendor_id
        left join inventory.categories as c on c.category_id = p.category_id
        where p.active and (in_category is null or c.code = in_category) and (in_vendor is null or v.code = in_vendor)
            and (in_after_class is null or (m.class, p.sku collate "C") > (in_after_class, in_after_sku))
        order by m.class, p.sku collate "C"
        limit in_limit;
end
$$;

comment on function inventory._search(text, integer, text, text, integer, text) is
    'What search_products() finds, with how each stands to the search, from where the page before ended.';

-- Active products by words of their sku, name and description: each word of the query is the beginning of one of them, whatever case and
-- accents. The exact sku comes first, then skus that begin like the query, names that do, and names that have all the words; else by sku.
--   query   1 to 200 characters, of which at most 10 words count
--   "limit" 1 to 1000, 50 when left out
--   of_category, of_vendor  only products with this code of one; left out: of any
-- Where more than 10 000 products match, the order is that of any 10 000 of them, the exact sku included.
-- Returns the products; none for a query without a letter or digit that is no sku. Raises 22023 for wrong arguments.
-- Reads: products, categories, vendors. Runs as the caller.
drop function if exists inventory.search_products(text, integer);
create or replace function inventory.search_products(
    query text, "limit" integer default 50, of_category text default null, of_vendor text default null
)
returns table (
    product_id bigint, sku text, name text, description text, vendor text, category text, availability text, base_unit text, base_price numeric
)
language sql stable
rows 50
set search_path = pg_catalog, pg_temp
as $$
    select s.product_id, s.sku, s.name, s.description, s.vendor, s.category, s.availability, s.base_unit, s.base_price
    from inventory._search(query, "limit", of_category, of_vendor) as s
$$;

comment on function inventory.search_products(text, integer, text, text) is
    'Active products by words of their sku, name and description; the exact sku first.';
