-- Compares what is to be given back of a deduction with what is left of its lines.
--   in_lines  what _read_compensation() made of them; the stock rows that they took from are locked, which keeps others away
-- Returns the lines of which something is given back, with how much; null when nothing is left of any. Or the errors
-- (compensation_exceeds_deduction) of lines that would be given back more than is left.
-- Reads: stock_document_lines.
create or replace function inventory._match_compensation(
    in_operation inventory.operation, in_document_id bigint, in_lines inventory.operation_line[],
    out pieces inventory.operation_line[], out errors jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    select
        array_agg(
            (
                c.line, c.product_id, c.sku, coalesce(c.quantity, c.rest_quantity), c.unit, c.base_unit,
                coalesce(c.numerator, c.rest_numerator), coalesce(c.denominator, c.rest_denominator), c.unit_cost, c.price, c.lot,
                c.expires_on, null, c.expected_quantity, c.original_document_id, c.original_line, c.unit_numerator, c.unit_denominator
            )::inventory.operation_line
            order by c.line
        ) filter (where coalesce(c.numerator, c.rest_numerator) > 0),
        jsonb_agg(
            jsonb_build_object(
                'code', 'compensation_exceeds_deduction',
                'message', format(
                    'More of %s is given back to %s than was deducted and is not given back yet', c.sku, in_operation.store
                ),
                'detail', format('Line %s: %s asked for, %s %s left.', c.line, c.quantity, c.rest_quantity, c.unit),
                'hint', 'Leave the quantity out to give back what is left.',
                'store', in_operation.store, 'sku', c.sku, 'lines', to_jsonb(array[c.line])
            )
            order by c.line
        ) filter (where c.numerator * c.rest_denominator > c.rest_numerator * c.denominator)
    into pieces, errors
    from (
        select
            l.*, r.numerator as rest_numerator, r.denominator as rest_denominator,
            trim_scale(round(r.numerator * l.unit_denominator / (r.denominator * l.unit_numerator), 9)) as rest_quantity
        from unnest(in_lines) as l
        join inventory.stock_document_lines as d on d.document_id = in_document_id and d.line = l.line
        left join (
            select
                s.original_line, b.denominator, sum(s.numerator * div(b.denominator, s.denominator)) as numerator
            from inventory.stock_document_lines as s
            join (
                select m.original_line, inventory._lcm(m.denominator) as denominator
                from inventory.stock_document_lines as m
                where m.original_document_id = in_document_id
                group by m.original_line
            ) as b on b.original_line = s.original_line
            where s.original_document_id = in_document_id
            group by s.original_line, b.denominator
        ) as g on g.original_line = l.line
        cross join lateral inventory._fraction(
            d.numerator * coalesce(g.denominator, 1) - coalesce(g.numerator, 0) * d.denominator, d.denominator * coalesce(g.denominator, 1)
        ) as r
    ) as c;
end
$$;

comment on function inventory._match_compensation(inventory.operation, bigint, inventory.operation_line[]) is
    'Compares what is to be given back of a deduction with what is left of its lines.';
