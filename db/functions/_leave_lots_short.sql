-- Leaves out of a paid order's lines what the lots that they name have not: nobody refuses an order that is paid, so that is a shortfall.
--   in_short   what was left out before
--   in_errors  lot_short, of lines that were tried: the units by which each is short
-- Returns the lines that are left, with what is left of them, and what is left out, a line each. A line of a part of a unit, of which less than
-- the last unit is short, is left out by that whole unit.
create or replace function inventory._leave_lots_short(
    in_lines inventory.operation_line[], in_short inventory.operation_line[], in_errors jsonb,
    out lines inventory.operation_line[], out short inventory.operation_line[]
)
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line inventory.operation_line;
    v_units numeric;
begin
    lines := '{}';
    short := in_short;
    for v_place in 1 .. cardinality(in_lines) loop
        v_line := in_lines[v_place];
        v_units := (
            select sum((e.value ->> 'short')::numeric)
            from jsonb_array_elements(in_errors) as e
            where e.value #> '{lines,0}' = to_jsonb(v_line.line)
        );
        if v_units is null then
            lines := lines || v_line;
            continue;
        end if;
        short := short || inventory._line_of(v_line, least(v_units * v_line.denominator, v_line.numerator), v_line.denominator);
        if v_line.numerator > v_units * v_line.denominator then
            lines := lines || inventory._line_of(v_line, v_line.numerator - v_units * v_line.denominator, v_line.denominator);
        end if;
    end loop;
end
$$;

comment on function inventory._leave_lots_short(inventory.operation_line[], inventory.operation_line[], jsonb) is
    'Leaves out of a paid order''s lines what the lots that they name have not.';

-- A line with another quantity, in base units.
create or replace function inventory._line_of(in_line inventory.operation_line, in_numerator numeric, in_denominator numeric)
returns inventory.operation_line
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    select f.numerator, f.denominator into in_line.numerator, in_line.denominator
    from inventory._fraction(in_numerator, in_denominator) as f;
    in_line.quantity := trim_scale(round(in_line.numerator * in_line.unit_denominator / (in_line.denominator * in_line.unit_numerator), 9));
    return in_line;
end
$$;

comment on function inventory._line_of(inventory.operation_line, numeric, numeric) is 'A line with another quantity.';

-- Parts of lines put together: one line each, in their order.
create or replace function inventory._lines_together(in_parts inventory.operation_line[]) returns inventory.operation_line[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lines inventory.operation_line[];
    v_part inventory.operation_line;
    v_last integer;
begin
    for v_part in
        select p.line, p.product_id, p.sku, p.quantity, p.unit, p.base_unit, p.numerator, p.denominator, p.unit_cost, p.price, p.lot,
            p.expires_on, p.expected_version, p.expected_quantity, p.original_document_id, p.original_line, p.unit_numerator,
            p.unit_denominator
        from unnest(in_parts) as p
        order by p.line
    loop
        v_last := cardinality(v_lines);
        if v_lines[v_last].line = v_part.line then
            v_lines[v_last] := inventory._line_of(
                v_part,
                v_lines[v_last].numerator * v_part.denominator + v_part.numerator * v_lines[v_last].denominator,
                v_lines[v_last].denominator * v_part.denominator
            );
        else
            v_lines := v_lines || v_part;
        end if;
    end loop;
    return v_lines;
end
$$;

comment on function inventory._lines_together(inventory.operation_line[]) is 'Parts of lines put together.';
