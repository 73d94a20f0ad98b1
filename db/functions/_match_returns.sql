-- Finds the lines of sales that returned lines come from, the oldest first. A line that comes from several is cut into pieces.
--   in_documents  the sales
--   in_lines      what is returned; their stock rows are locked
-- Returns the pieces, each with original_document_id and original_line and, when the units are the same, the price and cost that it
-- did not say itself; or the errors (return_exceeds_sale) of lines that return more than was sold and is not returned yet.
-- Reads: stock_document_lines.
create or replace function inventory._match_returns(
    in_operation inventory.operation, in_documents bigint[], in_lines inventory.operation_line[],
    out pieces inventory.operation_line[], out errors jsonb
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line inventory.operation_line;
    v_piece inventory.operation_line;
    v_sold record;
    v_rest record;
begin
    pieces := '{}';
    foreach v_line in array in_lines loop
        select v_line.numerator as numerator, v_line.denominator as denominator into v_rest;
        for v_sold in
            select
                l.document_id, l.line, l.unit, l.price, l.unit_cost, l.lot, l.expires_on,
                o.numerator as open_numerator, o.denominator as open_denominator
            from inventory.stock_document_lines as l
            cross join lateral inventory._open_quantity(l.document_id, l.line, pieces) as o
            where l.document_id = any (in_documents) and l.product_id = v_line.product_id and o.numerator > 0
            order by l.document_id, l.line
        loop
            v_piece := v_line;
            v_piece.original_document_id := v_sold.document_id;
            v_piece.original_line := v_sold.line;
            v_piece.lot := coalesce(v_line.lot, v_sold.lot);
            v_piece.expires_on := coalesce(v_line.expires_on, v_sold.expires_on);
            if v_line.unit = v_sold.unit then
                v_piece.price := coalesce(v_line.price, v_sold.price);
                v_piece.unit_cost := coalesce(v_line.unit_cost, v_sold.unit_cost);
            end if;
            -- The smaller one of what is left to return and what is open of this line.
            if v_rest.numerator * v_sold.open_denominator <= v_sold.open_numerator * v_rest.denominator then
                v_piece.numerator := v_rest.numerator;
                v_piece.denominator := v_rest.denominator;
            else
                v_piece.numerator := v_sold.open_numerator;
                v_piece.denominator := v_sold.open_denominator;
            end if;
            if (v_piece.numerator, v_piece.denominator) <> (v_line.numerator, v_line.denominator) then
                v_piece.quantity := round(v_piece.numerator / v_piece.denominator, 9);
                v_piece.unit := v_line.base_unit;
                v_piece.price := null;
                v_piece.unit_cost := null;
            end if;
            pieces := pieces || v_piece;
            select f.numerator, f.denominator into v_rest
            from inventory._fraction(
                v_rest.numerator * v_piece.denominator - v_piece.numerator * v_rest.denominator,
                v_rest.denominator * v_piece.denominator
            ) as f;
            exit when v_rest.numerator = 0;
        end loop;
        if v_rest.numerator > 0 then
            errors := coalesce(errors, '[]') || jsonb_build_object(
                'code', 'return_exceeds_sale',
                'message', format('More of %s is returned to %s than was sold and is not returned yet', v_line.sku, in_operation.store),
                'detail', format(
                    'Line %s returns %s %s; %s %s too many.', v_line.line, v_line.quantity, v_line.unit,
                    trim_scale(round(v_rest.numerator / v_rest.denominator, 9)), v_line.base_unit
                ),
                'hint', 'Leave sale out to take back what has no receipt.',
                'store', in_operation.store, 'sku', v_line.sku, 'lines', to_jsonb(array[v_line.line])
            );
        end if;
    end loop;
end
$$;

comment on function inventory._match_returns(inventory.operation, bigint[], inventory.operation_line[]) is
    'Finds the lines of sales that returned lines come from.';
