-- What it takes to give back what an order holds.
--   in_reservation_id  the order; its stock rows are locked
--   in_lines           what of it; null is all
-- Returns the changes, the holds that change, and the errors (exceeds_reservation) of products of which more is to be given back than the
-- order has reserved. Of a hold that expired there is nothing to give back: it is only settled, so that nothing is taken for it later.
-- Reads: stock_holds, products.
create or replace function inventory._plan_release(
    in_operation inventory.operation, in_reservation_id bigint, in_order text, in_lines inventory.operation_line[],
    out changes inventory.stock_change[], out hold_changes inventory.hold_change[], out errors jsonb
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
            l.line, l.lines, p.product_id, p.sku, p.base_unit, h.hold_id, h.state, h.units,
            case h.state when 'held' then h.units else 0 end as own,
            coalesce(h.numerator / h.denominator, 0) as have, l.numerator / l.denominator as need,
            f.numerator, f.denominator, coalesce(-inventory._floor(-f.numerator, f.denominator), 0) as kept
        from (
            select o.* from inventory.stock_holds as o where o.reservation_id = in_reservation_id and not o.is_settled
        ) as h
        full join inventory._lines_by_product(in_lines) as l on l.product_id = h.product_id
        join inventory.products as p on p.product_id = coalesce(h.product_id, l.product_id)
        -- What stays, exactly; below zero when more is given back than there is.
        cross join lateral inventory._fraction(
            case when in_lines is null then 0
                else coalesce(h.numerator, 0) * l.denominator - l.numerator * coalesce(h.denominator, 1) end,
            coalesce(h.denominator, 1) * coalesce(l.denominator, 1)
        ) as f
        where in_lines is null or l.product_id is not null
    )
    select
        array_agg(
            (
                p.line, in_operation.store_id, in_operation.store, p.product_id, p.sku, 'release', 0, 1, 0, least(p.kept, p.own) - p.own
            )::inventory.stock_change
            order by p.line nulls last, p.product_id
        ) filter (where p.own > p.kept),
        array_agg(
            case when p.numerator = 0
                then (p.hold_id, case p.state when 'held' then 'released' else p.state end, true, null, null, null)::inventory.hold_change
                else (
                    p.hold_id, p.state, false, case p.state when 'held' then least(p.kept, p.own) else p.units end, p.numerator,
                    p.denominator
                )::inventory.hold_change
            end
        ),
        jsonb_agg(
            jsonb_build_object(
                'code', 'exceeds_reservation',
                'message', format(
                    'Order %s has less of %s reserved in %s: Need %s, Have %s', in_order, p.sku, in_operation.store,
                    trim_scale(round(p.need, 9)), trim_scale(round(p.have, 9))
                ),
                'detail', format('Counted in %s.', p.base_unit),
                'hint', 'Leave lines out to give back all that the order holds.',
                'store', in_operation.store, 'order', in_order, 'sku', p.sku, 'unit', p.base_unit,
                'need', trim_scale(round(p.need, 9)), 'have', trim_scale(round(p.have, 9)), 'lines', to_jsonb(p.lines)
            )
            order by p.line
        ) filter (where p.numerator < 0)
    into changes, hold_changes, errors
    from products as p;
end
$$;

comment on function inventory._plan_release(inventory.operation, bigint, text, inventory.operation_line[]) is
    'What it takes to give back what an order holds.';
