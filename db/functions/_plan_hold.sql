-- What it takes to let an order hold exactly what lines say. What it holds already never counts against it.
--   in_reservation_id  the order; its stock rows and those of the lines are locked, and of its holds no held one is past its time
-- Returns the changes, one per stock row of which more or less is to be held (whole units: of a third one is set aside), the holds that end,
-- and the errors (insufficient_stock) with the products that are short.
-- What has expired is not promised to anybody.
-- Reads: stock_holds, inventory_stock, products, stock_lots.
create or replace function inventory._plan_hold(
    in_operation inventory.operation, in_reservation_id bigint, in_lines inventory.operation_line[],
    out changes inventory.stock_change[], out hold_changes inventory.hold_change[], out errors jsonb, out short_product_ids bigint[]
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
    with products as (
        select
            coalesce(l.product_id, h.product_id) as product_id, coalesce(l.sku, p.sku) as sku, l.line, l.lines,
            coalesce(-inventory._floor(-l.numerator, l.denominator), 0) as need,
            case h.state when 'held' then h.units else 0 end as own, h.hold_id, h.state, s.allow_negative, s.on_hand, s.available,
            case when s.keeps_lots then inventory._expired_units(s.store_id, s.product_id) else 0 end as expired
        from inventory._lines_by_product(in_lines) as l
        full join (
            select o.* from inventory.stock_holds as o where o.reservation_id = in_reservation_id and not o.is_settled
        ) as h on h.product_id = l.product_id
        join inventory.products as p on p.product_id = coalesce(l.product_id, h.product_id)
        join inventory.inventory_stock as s
            on s.store_id = in_operation.store_id and s.product_id = coalesce(l.product_id, h.product_id)
    )
    select
        array_agg(
            (
                p.line, in_operation.store_id, in_operation.store, p.product_id, p.sku,
                case when p.need > p.own then 'reservation' else 'release' end, 0, 1, 0, p.need - p.own
            )::inventory.stock_change
            order by p.line nulls last, p.product_id
        ) filter (where p.need <> p.own),
        -- One that expired ends for good; so does one of which nothing is asked for any more.
        array_agg(
            (p.hold_id, case p.state when 'held' then 'released' else p.state end, true, null, null, null)::inventory.hold_change
        ) filter (where p.state = 'expired' or p.state = 'held' and p.line is null),
        jsonb_agg(
            inventory._insufficient(
                in_operation.store, p.product_id, p.sku, p.need,
                greatest(least(p.own, p.on_hand - p.expired), 0) + greatest(p.available - p.expired, 0), p.lines
            )
            order by p.line
        ) filter (where p.need > p.own and p.need > p.available - p.expired + p.own and not p.allow_negative),
        array_agg(p.product_id)
            filter (where p.need > p.own and p.need > p.available - p.expired + p.own and not p.allow_negative)
    into changes, hold_changes, errors, short_product_ids
    from products as p;
end
$$;

comment on function inventory._plan_hold(inventory.operation, bigint, inventory.operation_line[]) is
    'What it takes to let an order hold exactly what lines say.';
