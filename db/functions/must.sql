-- Turns a refusal into an exception, for callers who want their transaction to fail.
--   result  the answer of an operation, or the array of answers of deduct_inventory_many()
-- Returns it when it is a success, or all of them are. Raises what the first error says: SD010 insufficient_stock, SD011 version_conflict,
-- SD012 idempotency_conflict, SD013 no_conversion_mapping, SD014 return_exceeds_sale, SD015 no_ingredients,
-- SD016 compensation_exceeds_deduction, SD020 not_reserved, SD021 exceeds_reservation, SD022 reservation_expired,
-- SD030 queue_decided, SD035 sku_exists, SD036 reservations_open, SD037 base_unit_in_use, SD038 finding_changed,
-- SD039 repair_not_possible, SD040 lot_short; the message has those of all errors, and of an array
-- it says of which request. 22023 for what is no answer.
-- What the operation recorded of the refusal is rolled back with the rest. Reads and locks nothing.
create or replace function inventory.must(result jsonb) returns jsonb
language plpgsql immutable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_answer boolean;
    v_is_done boolean;
    v_error jsonb;
    v_message text;
begin
    if result -> 'success' = 'true' then
        return result;
    end if;
    select
        bool_and((a.value -> 'success' = 'true' or jsonb_typeof(a.value #> '{errors,0}') = 'object') is true),
        bool_and((a.value -> 'success' = 'true') is true),
        (array_agg(a.value #> '{errors,0}' order by a.place) filter (where (a.value -> 'success' = 'true') is not true))[1]
    into v_is_answer, v_is_done, v_error
    from jsonb_array_elements(case jsonb_typeof(result) when 'array' then result else jsonb_build_array(result) end)
        with ordinality as a (value, place);
    if v_is_answer is not true then
        raise exception 'must() takes the answer of an operation'
            using errcode = 'invalid_parameter_value', hint = 'select inventory.must(inventory.record_sale(...))';
    elsif v_is_done then
        return result;
    end if;
    if jsonb_typeof(result) = 'array' then
        select string_agg(format('request %s: %s', a.place, m.message), '; ' order by a.place) into v_message
        from jsonb_array_elements(result) with ordinality as a (value, place)
        cross join lateral (
            select string_agg(e.value ->> 'message', '; ' order by e.place) as message
            from jsonb_array_elements(a.value -> 'errors') with ordinality as e (value, place)
        ) as m
        where a.value -> 'success' <> 'true';
    else
        select string_agg(e.value ->> 'message', '; ' order by e.place) into v_message
        from jsonb_array_elements(result -> 'errors') with ordinality as e (value, place);
    end if;
    perform inventory._raise(
        case v_error ->> 'code'
            when 'insufficient_stock' then 'SD010'
            when 'version_conflict' then 'SD011'
            when 'idempotency_conflict' then 'SD012'
            when 'no_conversion_mapping' then 'SD013'
            when 'return_exceeds_sale' then 'SD014'
            when 'no_ingredients' then 'SD015'
            when 'compensation_exceeds_deduction' then 'SD016'
            when 'not_reserved' then 'SD020'
            when 'exceeds_reservation' then 'SD021'
            when 'reservation_expired' then 'SD022'
            when 'lot_short' then 'SD040'
            when 'queue_decided' then 'SD030'
            when 'sku_exists' then 'SD035'
            when 'reservations_open' then 'SD036'
            when 'base_unit_in_use' then 'SD037'
            when 'finding_changed' then 'SD038'
            when 'repair_not_possible' then 'SD039'
            else 'P0001'
        end,
        v_message, v_error ->> 'detail', v_error ->> 'hint'
    );
    return null;
end
$$;

comment on function inventory.must(jsonb) is
    'Raises the errors of a refused operation as an exception with the engine''s SQLSTATE; returns the answer of one that was done.';
