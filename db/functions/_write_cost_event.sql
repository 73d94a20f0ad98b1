-- Tells the feed that what a stock row's units cost has changed without a movement, so that its value is folded.
-- Reads: products. Writes: inventory_event.
create or replace function inventory._write_cost_event(in_store_id bigint, in_product_id bigint, in_old numeric, in_new numeric, in_actor text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into inventory.inventory_event (type, store_id, product_id, vendor_id, category_id, changes, actor)
    select
        'cost_changed', in_store_id, p.product_id, p.vendor_id, p.category_id,
        jsonb_build_array(jsonb_build_object('field', 'value_at_cost', 'oldValue', in_old, 'newValue', in_new)),
        coalesce(in_actor, session_user)
    from inventory.products as p
    where p.product_id = in_product_id;
end
$$;

comment on function inventory._write_cost_event(bigint, bigint, numeric, numeric, text) is
    'Tells the feed that what a stock row''s units cost has changed without a movement.';
