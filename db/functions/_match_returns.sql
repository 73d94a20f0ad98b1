-- Finds the lines of sales that returned lines come from, the oldest first, set-based: what is open of each product, line by line of the
-- sales, and what is returned of it, line by line of the request, lie along the same scale, and where they overlap is a piece.
-- A line that comes from several lines of the sales is cut into as many pieces.
--   in_documents  the sales
--   in_lines      what is returned; their stock rows are locked, which keeps other returns of the same sales away
-- Returns the pieces, each with original_document_id and original_line and, when the units are the same and it is whole, the price and
-- cost that it did not say itself; or the errors (return_exceeds_sale) of lines that return more than was sold and is not returned yet.
-- Reads: stock_document_lines.
create or replace function inventory._match_returns(
    in_operation inventory.operation, in_documents bigint[], in_lines inventory.operation_line[],
    out pieces inventory.operation_line[], out errors jsonb
)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with wanted as (
        select l.*
        from unnest(in_lines) with ordinality as l (
            line, product_id, sku, quantity, unit, base_unit, numerator, denominator, unit_cost, price, lot, expires_on,
            expected_version, expected_quantity, original_document_id, original_line, unit_numerator, unit_denominator, place
        )
    ),
    sold as materialized (
        select s.document_id, s.line, s.product_id, s.unit, s.numerator, s.denominator, s.unit_cost, s.price, s.lot, s.expires_on
        from inventory.stock_document_lines as s
        where s.document_id = any (in_documents) and s.product_id in (select w.product_id from wanted as w)
    ),
    returned as materialized (
        select s.document_id, s.line, s.product_id, r.numerator, r.denominator
        from sold as s
        join inventory.stock_document_lines as r on r.original_document_id = s.document_id and r.original_line = s.line
    ),
    -- Of each product, everything in parts of one size.
    parts as (
        select p.product_id, inventory._lcm(p.denominator) as size
        from (
            select w.product_id, w.denominator from wanted as w
            union all
            select s.product_id, s.denominator from sold as s
            union all
            select r.product_id, r.denominator from returned as r
        ) as p
        group by p.product_id
    ),
    open as (
        select o.*, sum(o.amount) over (partition by o.product_id order by o.document_id, o.line) as high
        from (
            select
                s.*, s.numerator * div(p.size, s.denominator) - coalesce(b.amount, 0) as amount
            from sold as s
            join parts as p on p.product_id = s.product_id
            left join (
                select r.document_id, r.line, sum(r.numerator * div(p.size, r.denominator)) as amount
                from returned as r
                join parts as p on p.product_id = r.product_id
                group by r.document_id, r.line
            ) as b on b.document_id = s.document_id and b.line = s.line
        ) as o
        where o.amount > 0
    ),
    asked as (
        select
            w.*, p.size, w.numerator * div(p.size, w.denominator) as amount,
            sum(w.numerator * div(p.size, w.denominator)) over (partition by w.product_id order by w.place) as high
        from wanted as w
        join parts as p on p.product_id = w.product_id
    ),
    cut as (
        select
            a.*, f.numerator as cut_numerator, f.denominator as cut_denominator, o.document_id, o.line as sold_line,
            o.unit as sold_unit, o.price as sold_price, o.unit_cost as sold_cost, o.lot as sold_lot, o.expires_on as sold_expires_on,
            (f.numerator, f.denominator) = (a.numerator, a.denominator) as is_whole
        from asked as a
        join open as o
            on o.product_id = a.product_id and o.high - o.amount < a.high and a.high - a.amount < o.high
        cross join lateral inventory._fraction(
            least(a.high, o.high) - greatest(a.high - a.amount, o.high - o.amount), a.size
        ) as f
    ),
    missing as (
        select a.*, least(a.amount, a.high - coalesce(o.total, 0)) as rest
        from asked as a
        left join (select o.product_id, sum(o.amount) as total from open as o group by o.product_id) as o on o.product_id = a.product_id
        where a.high > coalesce(o.total, 0)
    )
    select
        (
            select array_agg(
                (
                    c.line, c.product_id, c.sku,
                    case when c.is_whole then c.quantity else trim_scale(round(c.cut_numerator / c.cut_denominator, 9)) end,
                    case when c.is_whole then c.unit else c.base_unit end, c.base_unit, c.cut_numerator, c.cut_denominator,
                    case when c.is_whole then coalesce(c.unit_cost, case when c.unit = c.sold_unit then c.sold_cost end) end,
                    case when c.is_whole then coalesce(c.price, case when c.unit = c.sold_unit then c.sold_price end) end,
                    coalesce(c.lot, c.sold_lot), coalesce(c.expires_on, c.sold_expires_on), null, null, c.document_id, c.sold_line,
                    c.unit_numerator, c.unit_denominator
                )::inventory.operation_line
                order by c.place, c.document_id, c.sold_line
            )
            from cut as c
        ),
        (
            select jsonb_agg(
                jsonb_build_object(
                    'code', 'return_exceeds_sale',
                    'message', format('More of %s is returned to %s than was sold and is not returned yet', m.sku, in_operation.store),
                    'detail', format(
                        'Line %s returns %s %s; %s %s too many.', m.line, m.quantity, m.unit, trim_scale(round(m.rest / m.size, 9)),
                        m.base_unit
                    ),
                    'hint', 'Leave sale out to take back what has no receipt.',
                    'store', in_operation.store, 'sku', m.sku, 'lines', to_jsonb(array[m.line])
                )
                order by m.place
            )
            from missing as m
        )
$$;

comment on function inventory._match_returns(inventory.operation, bigint[], inventory.operation_line[]) is
    'Finds the lines of sales that returned lines come from.';
