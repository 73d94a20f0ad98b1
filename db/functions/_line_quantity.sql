-- The number in a field of a line, checked.
--   in_sign  'positive', 'nonzero' or 'any'
-- Raises 22023, which names line and field.
-- No SET search_path: its callers fix it.
create or replace function inventory._line_quantity(in_value jsonb, in_field text, in_line integer, in_sign text) returns numeric
language plpgsql immutable
as $$
declare
    v_quantity numeric;
begin
    if jsonb_typeof(in_value -> in_field) is distinct from 'number' then
        raise exception 'line %: % is no number', in_line, in_field using errcode = 'invalid_parameter_value';
    end if;
    v_quantity := (in_value -> in_field)::numeric;
    -- The first test keeps the others from numbers of a hundred thousand digits.
    if abs(v_quantity) >= 1e15 or scale(v_quantity) > 9 and min_scale(v_quantity) > 9 then
        raise exception 'line %: % is too large or too fine', in_line, in_field
            using errcode = 'invalid_parameter_value', detail = 'At most 15 digits before the decimal point, and 9 after it.',
            hint = 'A third of a unit is a unit of its own: see set_unit().';
    end if;
    if in_sign = 'positive' and v_quantity <= 0 or in_sign = 'nonzero' and v_quantity = 0 then
        raise exception 'line %: % is %', in_line, in_field, v_quantity
            using errcode = 'invalid_parameter_value',
            hint = case in_sign
                when 'positive' then 'It says how many, above 0; the operation says which way.'
                else 'It is the difference, above or below 0.'
            end;
    end if;
    return v_quantity;
end
$$;

comment on function inventory._line_quantity(jsonb, text, integer, text) is 'The number in a field of a line, checked.';
