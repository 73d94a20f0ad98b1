-- The events of one changed row of products, stores, vendors or categories: an UPDATE is one event per type that it touches,
-- each field in exactly one. The ids are those that the row has now, or had; a table without such a column gives null.
-- Set-returning and without SET, so that the planner takes it into the statement that asks.
--   in_noun   product, store, vendor, category;  in_old, in_new  the row before and after, null when there is none
create or replace function inventory._catalog_events(in_noun text, in_old jsonb, in_new jsonb)
returns table (type text, store_id bigint, product_id bigint, vendor_id bigint, category_id bigint, changes jsonb)
language sql stable
begin atomic
    select
        f.type,
        (coalesce(in_new, in_old) ->> 'store_id')::bigint,
        (coalesce(in_new, in_old) ->> 'product_id')::bigint,
        (coalesce(in_new, in_old) ->> 'vendor_id')::bigint,
        (coalesce(in_new, in_old) ->> 'category_id')::bigint,
        pg_catalog.jsonb_agg(
            pg_catalog.jsonb_build_object('field', f.name, 'oldValue', f.old_value, 'newValue', f.new_value) order by f.name
        )
    from (
        select
            case
                when in_old is null then in_noun || '_created'
                when in_new is null then in_noun || '_deleted'
                when k.name = 'base_price' then 'price_changed'
                when k.name = 'availability' then 'availability_changed'
                else in_noun || '_updated'
            end as type,
            k.name, in_old -> k.name as old_value, in_new -> k.name as new_value
        from pg_catalog.jsonb_object_keys(coalesce(in_new, in_old)) as k (name)
        where k.name not in ('created_at', 'updated_at', in_noun || '_id')
            and coalesce(in_old -> k.name, 'null') <> coalesce(in_new -> k.name, 'null')
    ) as f
    group by f.type;
end;

comment on function inventory._catalog_events(text, jsonb, jsonb) is
    'The events of one changed product, store, vendor or category.';
