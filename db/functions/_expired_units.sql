-- What of a stock row may no longer be sold: base units in lots whose last day is over in the store's time zone. The day is that of the
-- transaction's begin, so that it is one and the same from the first look to the last.
-- Reads: stock_lots, stores. Locks nothing: who decides by it holds the stock row.
create or replace function inventory._expired_units(in_store_id bigint, in_product_id bigint) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Once: in the condition it would be asked for each lot that is open.
    v_day date := inventory._store_day(in_store_id);
begin
    return (
        select coalesce(sum(l.remaining_quantity), 0)
        from inventory.stock_lots as l
        where l.store_id = in_store_id and l.product_id = in_product_id and l.is_open
            and l.expires_on < v_day
    );
end
$$;

comment on function inventory._expired_units(bigint, bigint) is 'What of a stock row may no longer be sold.';

-- The store's day.
create or replace function inventory._store_day(in_store_id bigint) returns date
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select (now() at time zone t.time_zone)::date from inventory.stores as t where t.store_id = in_store_id);
end
$$;

comment on function inventory._store_day(bigint) is 'The day of a store, by its time zone, when the transaction began.';
