-- Reads and checks the lines of a request: finds each product, and turns each quantity into base units, exactly.
--   in_lines     [{"sku", "quantity", "unit", "unit_cost", "price", "lot", "expires_on", ...}], 1 to 10 000
--   in_fields    the fields that this operation knows besides sku, quantity and unit; another one is a mistake, not something to ignore
--   in_quantity  'positive'; 'nonzero', for deltas; 'any', for balances
-- quantity is a number with at most 9 decimals that comes to less than 10^15 base units. unit is what _unit_ratio() knows, the base
-- unit when it is left out. Costs and prices are numbers from 0 with at most 6 decimals, of one unit as named.
-- Returns the lines in their order, quantities as numerator/denominator, reduced.
-- Raises 22023 for what is no such line, SD006 for an unknown sku or unit; the message says which line.
-- Reads: products, units.
-- No SET search_path: its callers fix it.
create or replace function inventory._read_lines(in_lines jsonb, in_fields text[], in_quantity text)
returns inventory.operation_line[]
language plpgsql stable
as $$
declare
    v_lines inventory.operation_line[];
    v_line inventory.operation_line;
    v_value jsonb;
    v_place integer;
    v_product record;
    v_ratio record;
begin
    if jsonb_typeof(in_lines) is distinct from 'array' or jsonb_array_length(in_lines) not between 1 and 10000 then
        raise exception 'lines are an array of 1 to 10000 objects'
            using errcode = 'invalid_parameter_value',
            detail = case jsonb_typeof(in_lines)
                when 'array' then format('These are %s.', jsonb_array_length(in_lines)) else 'This is none.'
            end,
            hint = 'Like [{"sku": "MUG", "quantity": 2}].';
    end if;
    for v_value, v_place in select a.value, a.place from jsonb_array_elements(in_lines) with ordinality as a (value, place) loop
        if jsonb_typeof(v_value) <> 'object' or jsonb_typeof(v_value -> 'sku') is distinct from 'string'
            or jsonb_typeof(v_value -> 'quantity') is distinct from 'number'
        then
            raise exception 'line % has no sku or no quantity', v_place
                using errcode = 'invalid_parameter_value', detail = left(v_value::text, 200),
                hint = 'A line is an object with a text sku and a number quantity.';
        end if;
        select p.product_id, p.base_unit, p.pieces_per_pack, p.packs_per_box into v_product
        from inventory.products as p
        where p.sku = v_value ->> 'sku';
        if not found then
            raise exception 'line %: no product has the sku "%"', v_place, left(v_value ->> 'sku', 200)
                using errcode = 'SD006', hint = 'Skus are case-sensitive: select sku from inventory.products.';
        end if;
        v_line := null;
        v_line.line := v_place;
        v_line.product_id := v_product.product_id;
        v_line.sku := v_value ->> 'sku';
        v_line.quantity := inventory._line_quantity(v_value, 'quantity', v_place, in_quantity);
        v_line.base_unit := v_product.base_unit;
        v_line.unit := coalesce(v_value ->> 'unit', v_product.base_unit);
        if v_line.unit = v_product.base_unit and v_line.quantity = trunc(v_line.quantity) then
            v_line.numerator := trunc(v_line.quantity);
            v_line.denominator := 1;
            v_line.unit_numerator := 1;
            v_line.unit_denominator := 1;
        else
            select r.numerator, r.denominator into v_ratio
            from inventory._unit_ratio(
                v_product.product_id, v_product.base_unit, v_product.pieces_per_pack, v_product.packs_per_box, v_line.unit
            ) as r;
            if v_ratio.numerator is null then
                raise exception 'line %: % has no unit "%"', v_place, v_line.sku, left(v_line.unit, 60)
                    using errcode = 'SD006', hint = 'Units are box, pack, piece, the base unit, and what set_unit() made.';
            end if;
            v_line.unit_numerator := v_ratio.numerator;
            v_line.unit_denominator := v_ratio.denominator;
            select f.numerator, f.denominator into v_line.numerator, v_line.denominator
            from inventory._fraction(v_line.quantity * 1000000000 * v_ratio.numerator, 1000000000 * v_ratio.denominator) as f;
        end if;
        if abs(v_line.numerator) >= 1e15 * v_line.denominator then
            raise exception 'line %: the quantity is too large', v_place
                using errcode = 'numeric_value_out_of_range', detail = 'A quantity comes to less than 10^15 base units.';
        end if;
        v_value := v_value - array['sku', 'quantity', 'unit'];
        if v_value <> '{}' then
            v_line := inventory._read_line_fields(v_line, v_value, in_fields);
        end if;
        v_lines[v_place] := v_line;
    end loop;
    return v_lines;
end
$$;

comment on function inventory._read_lines(jsonb, text[], text) is
    'Reads and checks the lines of a request; quantities become base units, exactly.';
