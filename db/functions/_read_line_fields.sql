-- The fields of a line that few have: unit, unit_cost, price, lot, expires_on, expected_version, expected_quantity. Null is left out.
--   in_value   the line without sku, quantity and unit
--   in_fields  what this operation knows of them
-- Returns the line with them. Raises 22023, which names line and field. Called by _read_lines().
create or replace function inventory._read_line_fields(in_line inventory.operation_line, in_value jsonb, in_fields text[])
returns inventory.operation_line
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_field text;
    v_value jsonb;
    v_is_right boolean;
begin
    for v_field, v_value in select e.key, e.value from jsonb_each(in_value) as e loop
        if v_field <> all (in_fields) then
            raise exception 'line %: unknown field "%"', in_line.line, left(v_field, 60)
                using errcode = 'invalid_parameter_value',
                hint = format('Known are %s.', array_to_string(array['sku', 'quantity', 'unit'] || in_fields, ', '));
        end if;
        continue when v_value = 'null';
        v_is_right := case
            when v_field in ('unit_cost', 'price') then jsonb_typeof(v_value) = 'number'
                and v_value::numeric >= 0 and v_value::numeric < 1e12 and min_scale(v_value::numeric) <= 6
            when v_field = 'expected_version' then jsonb_typeof(v_value) = 'number'
                and v_value::numeric >= 0 and v_value::numeric < 1e18 and v_value::numeric = trunc(v_value::numeric)
            when v_field = 'expected_quantity' then jsonb_typeof(v_value) = 'number'
            when v_field = 'lot' then jsonb_typeof(v_value) = 'string' and length(v_value #>> '{}') between 1 and 200
            when v_field = 'expires_on' then jsonb_typeof(v_value) = 'string' and inventory._is_day(v_value #>> '{}')
            else false
        end;
        if not v_is_right then
            raise exception 'line %: % cannot be %', in_line.line, v_field, left(v_value::text, 60)
                using errcode = 'invalid_parameter_value',
                hint = case
                    when v_field in ('unit_cost', 'price')
                        then 'A number from 0 with at most 12 digits before the decimal point and 6 after it.'
                    when v_field = 'expected_version' then 'The version of the stock row, a whole number; 0 where there is none yet.'
                    when v_field = 'lot' then 'A text of 1 to 200 characters.'
                    when v_field = 'expires_on' then 'A date as 2027-01-31.'
                    else 'A number.'
                end;
        end if;
        case v_field
            when 'unit_cost' then in_line.unit_cost := v_value::numeric;
            when 'price' then in_line.price := v_value::numeric;
            when 'lot' then in_line.lot := v_value #>> '{}';
            when 'expires_on' then in_line.expires_on := (v_value #>> '{}')::date;
            when 'expected_version' then in_line.expected_version := v_value::bigint;
            else in_line.expected_quantity := inventory._line_quantity(in_value, v_field, in_line.line, 'any');
        end case;
    end loop;
    return in_line;
end
$$;

comment on function inventory._read_line_fields(inventory.operation_line, jsonb, text[]) is
    'The fields of a line that few have: cost, price, lot, expiry, expectations.';
