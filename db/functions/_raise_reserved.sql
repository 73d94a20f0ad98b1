-- Raises SD008: a stock row with reserved units is not taken away, because the row that is made again would have none reserved.
create or replace function inventory._raise_reserved(
    in_what text, in_store_id bigint, in_product_id bigint, in_reserved bigint
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% of inventory_stock is refused while stock is reserved', in_what
        using errcode = 'SD008',
        detail = format(
            'Reserved of %s in %s: %s.',
            (select p.sku from inventory.products as p where p.product_id = in_product_id),
            (select s.code from inventory.stores as s where s.store_id = in_store_id), in_reserved
        ),
        hint = 'Release the reservations first.';
end
$$;

comment on function inventory._raise_reserved(text, bigint, bigint, bigint) is
    'Refuses to take away a stock row while some of it is reserved.';
