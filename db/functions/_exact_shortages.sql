-- The errors of stock rows that are short, in exact figures: what was found in whole units, said with the fractions that were asked for and the
-- remainder that was there.
--   in_changes  what _settle_remainders() made of the changes; what it wrote is still there
--   in_errors   of _insufficient()
-- Reads: stock_remainders, products.
create or replace function inventory._exact_shortages(in_changes inventory.stock_change[], in_errors jsonb) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_agg(
        inventory._insufficient(
            c.store, c.product_id, c.sku, trim_scale(round(c.reserved - c.moved, 9)),
            -- Rest before + moved = whole units + rest after.
            trim_scale(round((e.error -> 'have')::numeric + c.whole + coalesce(r.numerator / r.denominator, 0) - c.moved, 9)),
            array(select jsonb_array_elements_text(e.error -> 'lines')::integer)
        )
        order by e.place
    )
    from jsonb_array_elements(in_errors) with ordinality as e (error, place)
    join (
        select
            u.store_id, u.product_id, min(u.store) as store, min(u.sku) as sku, sum(u.numerator / u.denominator) as moved,
            sum(u.on_hand_delta) as whole, sum(u.reserved_delta) as reserved
        from unnest(in_changes) as u
        group by u.store_id, u.product_id
    ) as c on c.store = e.error ->> 'store' and c.sku = e.error ->> 'sku'
    left join inventory.stock_remainders as r on r.store_id = c.store_id and r.product_id = c.product_id
$$;

comment on function inventory._exact_shortages(inventory.stock_change[], jsonb) is
    'The errors of stock rows that are short, with fractions and remainders.';
