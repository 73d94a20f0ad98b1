-- Reads and checks what is to be given back of a deduction: the lines of its document that are named, all of them for null.
--   in_lines  [{line, quantity}]; see compensate_deduction()
-- Returns the document's lines, quantity, numerator and denominator as they are to be given back; null for all that is left.
-- unit_numerator and unit_denominator are the base units in one of the line's unit, of that day. expected_quantity is what the line sold.
-- Raises 22023 for what is no such line, SD006 for a line that the deduction does not have. Reads: stock_document_lines, products.
create or replace function inventory._read_compensation(in_document_id bigint, in_lines jsonb) returns inventory.operation_line[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_lines inventory.operation_line[];
    v_line inventory.operation_line;
    v_value jsonb;
    v_place integer;
begin
    v_lines := array(
        select
            (
                l.line, l.product_id, coalesce(p.sku, ''), null, l.unit, p.base_unit, null, null, l.unit_cost, l.price, l.lot,
                l.expires_on, null, l.quantity, in_document_id, l.line, f.numerator, f.denominator
            )::inventory.operation_line
        from inventory.stock_document_lines as l
        left join inventory.products as p on p.product_id = l.product_id
        cross join lateral inventory._fraction(l.numerator * 1000000000, l.denominator * (l.quantity * 1000000000)) as f
        where l.document_id = in_document_id
        order by l.line
    );
    if in_lines is null then
        return v_lines;
    end if;
    if jsonb_typeof(in_lines) <> 'array' or jsonb_array_length(in_lines) not between 1 and 10000 then
        raise exception 'lines are an array of 1 to 10000 objects'
            using errcode = 'invalid_parameter_value', hint = 'Like [{"line": 2}] or [{"line": 2, "quantity": 1}]; leave them out for all.';
    end if;
    for v_value, v_place in select a.value, a.place from jsonb_array_elements(in_lines) with ordinality as a (value, place) loop
        if jsonb_typeof(v_value) <> 'object' or jsonb_typeof(v_value -> 'line') is distinct from 'number'
            or v_value - array['line', 'quantity'] <> '{}'
        then
            raise exception 'entry % of lines names no line', v_place
                using errcode = 'invalid_parameter_value', detail = left(v_value::text, 200),
                hint = 'An entry has the number of a line of the deduction, and a quantity or none.';
        end if;
        select l.* into v_line from unnest(v_lines) as l where l.line = (v_value -> 'line')::numeric;
        if not found then
            raise exception 'the deduction has no line %', left(v_value ->> 'line', 60)
                using errcode = 'SD006', hint = 'Lines are numbered from 1, as they were given.';
        end if;
        if v_line.quantity is not null or v_line.expected_version is not null then
            raise exception 'line % is named twice', v_line.line
                using errcode = 'invalid_parameter_value', hint = 'Add the quantities up.';
        end if;
        -- Marks it as named.
        v_line.expected_version := 1;
        if v_value -> 'quantity' <> 'null' then
            v_line.quantity := inventory._line_quantity(v_value, 'quantity', v_line.line, 'positive');
            select f.numerator, f.denominator into v_line.numerator, v_line.denominator
            from inventory._fraction(
                v_line.quantity * 1000000000 * v_line.unit_numerator, 1000000000 * v_line.unit_denominator
            ) as f;
        end if;
        v_lines[v_line.line] := v_line;
    end loop;
    return array(select l from unnest(v_lines) as l where l.expected_version = 1 order by l.line);
end
$$;

comment on function inventory._read_compensation(bigint, jsonb) is 'Reads and checks what is to be given back of a deduction.';
