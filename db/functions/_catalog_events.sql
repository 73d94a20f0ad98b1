-- Writes the events of one changed row of products, stores, vendors or categories. Called by their AFTER ROW triggers, which
-- pass their names for the kinds: an UPDATE writes one event per type that it touches, each field in exactly one.
--   in_noun   product, store, vendor, category;  in_old, in_new  the row before and after, null when there is none
create or replace function inventory._catalog_events(in_noun text, in_old jsonb, in_new jsonb) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row jsonb := coalesce(in_new, in_old);
    v_fields text[] := array(
        select k from jsonb_object_keys(v_row) as k
        where k not in ('created_at', 'updated_at', in_noun || '_id') order by k
    );
    v_store_id bigint := case when in_noun = 'store' then (v_row ->> 'store_id')::bigint end;
    v_product_id bigint := case when in_noun = 'product' then (v_row ->> 'product_id')::bigint end;
    v_vendor_id bigint := case when in_noun in ('product', 'vendor') then (v_row ->> 'vendor_id')::bigint end;
    v_category_id bigint := case when in_noun in ('product', 'category') then (v_row ->> 'category_id')::bigint end;
    v_context record;
begin
    if inventory._is_replicating() then
        return;
    end if;
    select c.* into v_context from inventory._writer_context() as c;
    insert into inventory.inventory_event (
        type, store_id, product_id, vendor_id, category_id, changes, actor, correlation_id
    )
    select t.type, v_store_id, v_product_id, v_vendor_id, v_category_id, t.changes, v_context.actor, v_context.correlation_id
    from (
        select in_noun || '_created' as type, inventory._changed_fields('{}', in_new, v_fields) as changes
        where in_old is null
        union all
        select in_noun || '_deleted', inventory._changed_fields(in_old, '{}', v_fields)
        where in_new is null
        union all
        select u.type, inventory._changed_fields(in_old, in_new, u.fields)
        from (values
            ('price_changed', array(select f from unnest(v_fields) as f where f = 'base_price')),
            ('availability_changed', array(select f from unnest(v_fields) as f where f = 'availability')),
            (in_noun || '_updated', array(select f from unnest(v_fields) as f where f not in ('base_price', 'availability')))
        ) as u (type, fields)
        where in_old is not null and in_new is not null
    ) as t
    where t.changes <> '[]' or in_old is null or in_new is null;
end
$$;

comment on function inventory._catalog_events(text, jsonb, jsonb) is
    'Writes the events of one changed product, store, vendor or category.';
