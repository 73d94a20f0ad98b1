-- Base units of a stock row that were sold in the 30 whole days before today, in the store's time zone, less what was returned.
-- Reads: sales_by_day, folded_stock.
create or replace function inventory._sold_30(in_store_id bigint, in_product_id bigint, in_today date) returns numeric
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select sum(d.sold) from inventory.sales_by_day as d
            where d.store_id = in_store_id and d.product_id = in_product_id and d.day >= in_today - 30 and d.day < in_today
        ), 0
    ) + coalesce(
        (
            select f.sold from inventory.folded_stock as f
            where f.product_id = in_product_id and f.store_id = in_store_id and f.sold_on >= in_today - 30 and f.sold_on < in_today
        ), 0
    );
end
$$;

comment on function inventory._sold_30(bigint, bigint, date) is 'Base units of a stock row that were sold in the 30 whole days before today.';
