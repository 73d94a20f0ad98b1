-- The lines of documents as they were read, with the base units in one of each line's unit. Reads: stock_document_lines.
create or replace function inventory._lines_of_documents(in_documents bigint[]) returns inventory.operation_line[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
    return array(
        select
            (
                s.line, s.product_id, null, s.quantity, s.unit, null, s.numerator, s.denominator, s.unit_cost, s.price, s.lot, s.expires_on,
                null, null, s.document_id, s.line, f.numerator, f.denominator
            )::inventory.operation_line
        from inventory.stock_document_lines as s
        cross join lateral inventory._fraction(s.numerator * 1000000000, s.denominator * (s.quantity * 1000000000)) as f
        where s.document_id = any (in_documents) and s.quantity > 0
        order by s.document_id, s.line
    );
end
$$;

comment on function inventory._lines_of_documents(bigint[]) is 'The lines of documents as they were read.';
