-- What of a line of a sale is not returned yet, in base units as an exact fraction.
--   in_pieces  what this call returns already: lines with original_document_id and original_line
-- The lock of the stock row keeps other returns away. Reads: stock_document_lines.
create or replace function inventory._open_quantity(
    in_document_id bigint, in_line integer, in_pieces inventory.operation_line[], out numerator numeric, out denominator numeric
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with parts as (
        select l.numerator, l.denominator
        from inventory.stock_document_lines as l
        where l.document_id = in_document_id and l.line = in_line
        union all
        select -r.numerator, r.denominator
        from inventory.stock_document_lines as r
        where r.original_document_id = in_document_id and r.original_line = in_line
        union all
        select -p.numerator, p.denominator
        from unnest(in_pieces) as p
        where p.original_document_id = in_document_id and p.original_line = in_line
    ),
    base as (select inventory._lcm(p.denominator) as denominator from parts as p)
    select f.numerator, f.denominator
    from (
        select sum(p.numerator * div(b.denominator, p.denominator)) as numerator, max(b.denominator) as denominator
        from parts as p
        cross join base as b
    ) as s
    cross join lateral inventory._fraction(s.numerator, s.denominator) as f
$$;

comment on function inventory._open_quantity(bigint, integer, inventory.operation_line[]) is
    'What of a line of a sale is not returned yet.';
