-- What stands in the way of a demand: stock rows that are not as the caller expected, and stock rows that are short, all of them.
--   in_parts     what the demand is the sum of; a shortage names their products and ingredients
--   in_expected  {sku: version}: stock rows that it does not name are not compared; null compares nothing
-- Returns the errors in the order of the demand, null when there are none.
-- Reads: inventory_stock, stock_remainders, products, stores. Locks nothing: a deduction holds the stock rows when it asks.
create or replace function inventory._demand_errors(
    in_store_id bigint, in_store text, in_parts inventory.deduction_part[], in_demand inventory.stock_demand[], in_expected jsonb
) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    return (
        select jsonb_agg(e.error order by d.place, e.error ->> 'code' desc)
        from inventory._demand_stock(in_store_id, in_demand) as d
        cross join lateral (
            select inventory._version_conflict(
                in_store, d.sku, d.lines[1], format('version %s', in_expected ->> d.sku), format('version %s', d.version), d.version
            ) as error
            where in_expected -> d.sku <> to_jsonb(d.version)
            union all
            select inventory._insufficient(
                in_store, d.product_id, d.sku, d.need, d.have, d.lines, inventory._demand_label(in_parts, d.product_id)
            )
            where d.is_short
        ) as e
    );
end
$$;

comment on function inventory._demand_errors(bigint, text, inventory.deduction_part[], inventory.stock_demand[], jsonb) is
    'What stands in the way of a demand: versions that are not as expected, and every shortage.';
