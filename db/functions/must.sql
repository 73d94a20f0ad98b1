-- Turns a refusal into an exception, for callers who want their transaction to fail.
--   result  the answer of an operation
-- Returns the answer when it is a success. Raises what the first error says: SD010 insufficient_stock, SD011 version_conflict,
-- SD012 idempotency_conflict, SD013 no_conversion_mapping, SD014 return_exceeds_sale, SD015 no_ingredients,
-- SD016 compensation_exceeds_deduction, SD020 not_reserved, SD021 exceeds_reservation, SD022 reservation_expired,
-- SD030 queue_decided, SD035 sku_exists, SD036 reservations_open, SD037 base_unit_in_use, SD038 finding_changed,
-- SD039 repair_not_possible, SD040 lot_short; the message has those of all errors.
-- What the operation recorded of the refusal is rolled back with the rest. Locks nothing.
create or replace function inventory.must(result jsonb) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_error jsonb := result -> 'errors' -> 0;
begin
    if result -> 'success' = 'true' then
        return result;
    elsif v_error is null then
        raise exception 'must() takes the answer of an operation'
            using errcode = 'invalid_parameter_value', hint = 'select inventory.must(inventory.record_sale(...))';
    end if;
    raise exception '%', (select string_agg(e.value ->> 'message', '; ' order by e.place)
            from jsonb_array_elements(result -> 'errors') with ordinality as e (value, place))
        using errcode = case v_error ->> 'code'
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
        detail = coalesce(v_error ->> 'detail', ''),
        hint = coalesce(v_error ->> 'hint', '');
end
$$;

comment on function inventory.must(jsonb) is
    'Raises the errors of a refused operation as an exception with the engine''s SQLSTATE; returns the answer of one that was done.';
