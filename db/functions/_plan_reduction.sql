-- What becomes of an order that is paid, product by product: what it takes, what it does not get, what becomes of its hold.
--   in_reservation_id  the order; its stock rows and those of the lines are locked
--   in_lines           what is paid
--   in_rest            what becomes of what it holds beyond the lines: 'release' or 'keep'
-- What the order holds never counts against it, what has expired is not there. So it takes what it holds as far as that is fresh, whatever
-- others hold of what has expired: who pays first gets it. Beyond that it takes what is available, and what is not is short, unless the row
-- allows negative stock. A product whose lines are all whole units is taken in whole units, another one to the last fraction.
-- Returns the changes, those of sold lines first and one per line; the sold lines; the short lines, each a line or the rest of one; the
-- holds that change.
-- Reads: stock_holds, stock_remainders, inventory_stock, products.
create or replace function inventory._plan_reduction(
    in_operation inventory.operation, in_reservation_id bigint, in_lines inventory.operation_line[], in_rest text,
    out changes inventory.stock_change[], out sold inventory.operation_line[], out short inventory.operation_line[],
    out hold_changes inventory.hold_change[]
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
    with lines as (
        select l.*
        from unnest(in_lines) with ordinality as l (
            line, product_id, sku, quantity, unit, base_unit, numerator, denominator, unit_cost, price, lot, expires_on,
            expected_version, expected_quantity, original_document_id, original_line, unit_numerator, unit_denominator, place
        )
    ),
    holds as (
        select h.* from inventory.stock_holds as h where h.reservation_id = in_reservation_id and not h.is_settled
    ),
    rests as (
        select r.product_id, r.numerator, r.denominator
        from inventory.stock_remainders as r
        where r.store_id = in_operation.store_id
            and (r.product_id in (select l.product_id from lines as l) or r.product_id in (select h.product_id from holds as h))
    ),
    -- Of each product, everything in parts of one size.
    parts as (
        select p.product_id, inventory._lcm(p.denominator) as size
        from (
            select l.product_id, l.denominator from lines as l
            union all
            select h.product_id, h.denominator from holds as h
            union all
            select r.product_id, r.denominator from rests as r
        ) as p
        group by p.product_id
    ),
    asked as (
        select
            l.*, p.size, l.numerator * div(p.size, l.denominator) as amount,
            sum(l.numerator * div(p.size, l.denominator)) over (partition by l.product_id order by l.place) as high
        from lines as l
        join parts as p on p.product_id = l.product_id
    ),
    products as (
        select
            p.product_id, p.size, c.sku, s.on_hand, s.allow_negative, s.available,
            case when s.keeps_lots then inventory._expired_units(s.store_id, s.product_id) else 0 end as expired,
            coalesce(a.amount, 0) as amount,
            coalesce(a.is_whole, true) as is_whole, h.hold_id, h.state,
            case h.state when 'held' then h.units else 0 end as own,
            greatest(coalesce(h.numerator * div(p.size, h.denominator), 0) - coalesce(a.amount, 0), 0) as rest,
            coalesce(r.numerator * div(p.size, r.denominator), 0) as remainder
        from parts as p
        join inventory.products as c on c.product_id = p.product_id
        join inventory.inventory_stock as s on s.store_id = in_operation.store_id and s.product_id = p.product_id
        left join (
            select k.product_id, sum(k.amount) as amount, bool_and(k.denominator = 1) as is_whole from asked as k group by k.product_id
        ) as a on a.product_id = p.product_id
        left join holds as h on h.product_id = p.product_id
        left join rests as r on r.product_id = p.product_id
    ),
    takes as (
        select
            p.*,
            case when p.allow_negative then p.amount
                else least(
                    p.amount,
                    greatest(
                        (least(p.own, p.on_hand - p.expired) + greatest(p.available - p.expired, 0)) * p.size
                            + case when p.is_whole then 0 else p.remainder end,
                        0
                    )
                )
            end as take
        from products as p
    ),
    -- Whole units that stay set aside, and that are given back; the others go with what is taken.
    stays as (
        select
            t.*,
            case when in_rest = 'keep' and t.allow_negative then least(t.own, -inventory._floor(-t.rest, t.size))
                when in_rest = 'keep' then least(
                    t.own, -inventory._floor(-t.rest, t.size),
                    greatest(least(t.available + t.own + w.whole - t.on_hand, w.whole - t.expired), 0)
                )
                else 0
            end as kept
        from takes as t
        cross join lateral (
            select inventory._floor(t.on_hand * t.size + t.remainder - t.take, t.size) as whole
        ) as w
    ),
    -- Where nothing is taken there is no sale for them to go with.
    outcomes as (
        select
            y.*,
            case when y.take = 0 then y.own - y.kept when in_rest = 'keep' then 0 else least(y.own, inventory._floor(y.rest, y.size))
            end as given_back
        from stays as y
    ),
    cut as (
        select
            a.*, o.own - o.kept - o.given_back as used,
            least(greatest(o.take - (a.high - a.amount), 0), a.amount) as taken,
            row_number() over (partition by a.product_id order by a.place) as step
        from asked as a
        join outcomes as o on o.product_id = a.product_id
    )
    select
        (
            select array_agg(e.change order by e.is_sold desc, e.place)
            from (
                select
                    true as is_sold, c.place,
                    (
                        c.line, in_operation.store_id, in_operation.store, c.product_id, c.sku, 'sale', -f.numerator, f.denominator,
                        case f.denominator when 1 then -f.numerator end, case c.step when 1 then -c.used else 0 end
                    )::inventory.stock_change as change
                from cut as c
                cross join lateral inventory._fraction(c.taken, c.size) as f
                where c.taken > 0
                union all
                select
                    false, o.product_id,
                    (
                        null, in_operation.store_id, in_operation.store, o.product_id, o.sku, 'release', 0, 1, 0, -o.given_back
                    )::inventory.stock_change
                from outcomes as o
                where o.given_back > 0
            ) as e
        ),
        (
            select array_agg(
                (
                    c.line, c.product_id, c.sku,
                    case when c.taken = c.amount then c.quantity
                        else trim_scale(round(c.taken * c.unit_denominator / (c.size * c.unit_numerator), 9)) end,
                    c.unit, c.base_unit, f.numerator, f.denominator, c.unit_cost, c.price, c.lot, c.expires_on, null, null, null, null,
                    c.unit_numerator, c.unit_denominator
                )::inventory.operation_line
                order by c.place
            )
            from cut as c
            cross join lateral inventory._fraction(c.taken, c.size) as f
            where c.taken > 0
        ),
        (
            select array_agg(
                (
                    c.line, c.product_id, c.sku,
                    case when c.taken = 0 then c.quantity
                        else trim_scale(round((c.amount - c.taken) * c.unit_denominator / (c.size * c.unit_numerator), 9)) end,
                    c.unit, c.base_unit, f.numerator, f.denominator, c.unit_cost, c.price, c.lot, c.expires_on, null, null, null, null,
                    c.unit_numerator, c.unit_denominator
                )::inventory.operation_line
                order by c.place
            )
            from cut as c
            cross join lateral inventory._fraction(c.amount - c.taken, c.size) as f
            where c.taken < c.amount
        ),
        (
            select array_agg(
                case when o.rest > 0 and in_rest = 'keep'
                    then (
                        o.hold_id, o.state, false, case o.state when 'held' then o.kept end, f.numerator, f.denominator
                    )::inventory.hold_change
                    else (
                        o.hold_id,
                        case when o.state <> 'held' then o.state when o.amount > 0 then 'committed' else 'released' end,
                        true, null, null, null
                    )::inventory.hold_change
                end
            )
            from outcomes as o
            cross join lateral inventory._fraction(o.rest, o.size) as f
            where o.hold_id is not null
        )
    into changes, sold, short, hold_changes;
end
$$;

comment on function inventory._plan_reduction(inventory.operation, bigint, inventory.operation_line[], text) is
    'What becomes of an order that is paid: what it takes, what it does not get, what becomes of its holds.';
