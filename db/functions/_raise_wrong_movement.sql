-- Says what is wrong with a movement that a client inserted. Always raises: SD006, 22008 for a time that is none, or 22001 for a
-- text that is too long.
create or replace function inventory._raise_wrong_movement(
    in_kind text, in_store_id bigint, in_product_id bigint, in_occurred_at timestamptz, in_store_is_known boolean,
    in_product_is_known boolean
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not in_store_is_known then
        raise exception 'no store has the id %', in_store_id
            using errcode = 'SD006', hint = 'Look the id up by code: select store_id from inventory.stores where code = ...';
    elsif not in_product_is_known then
        raise exception 'no product has the id %', in_product_id
            using errcode = 'SD006', hint = 'Look the id up by sku: select product_id from inventory.products where sku = ...';
    elsif in_kind <> all (inventory.movement_kinds()) then
        raise exception 'unknown kind of movement: "%"', left(in_kind, 60)
            using errcode = 'SD006', hint = 'Known kinds: ' || array_to_string(inventory.movement_kinds(), ', ') || '.';
    elsif in_kind = 'direct' then
        raise exception 'a movement of kind "direct" is not inserted'
            using errcode = 'SD006', hint = 'It is what an UPDATE of inventory.inventory_stock writes. Say what happened: sale, purchase, adjustment, ...';
    elsif in_kind in ('reservation', 'release') then
        raise exception 'a movement of kind "%" is not inserted', in_kind
            using errcode = 'SD006', hint = 'Only functions of the schema change what is reserved.';
    elsif not isfinite(in_occurred_at) then
        raise exception 'a movement happens at a time, not at %', in_occurred_at
            using errcode = 'datetime_field_overflow', hint = 'Leave occurred_at out: it is now by default.';
    end if;
    raise exception 'a text of the movement is too long'
        using errcode = 'string_data_right_truncation',
        detail = 'At most 2000 characters of reason, 500 of reference, 200 of actor and of correlation_id.';
end
$$;

comment on function inventory._raise_wrong_movement(text, bigint, bigint, timestamptz, boolean, boolean) is
    'Refuses a client''s movement and says why.';
