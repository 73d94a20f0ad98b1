-- Raises 22004 when no order is given, 22023 for an empty one, 22001 for one that is too long.
-- No SET search_path: its callers fix it.
create or replace function inventory._check_order(in_order text) returns void
language plpgsql immutable
as $$
begin
    if in_order is null then
        raise exception 'no order is given' using errcode = 'null_value_not_allowed', hint = 'Give what you call it as "order".';
    elsif in_order = '' then
        raise exception 'order is empty' using errcode = 'invalid_parameter_value', hint = 'Give what names this order alone in the store.';
    elsif length(in_order) > 200 then
        raise exception 'order is too long' using errcode = 'string_data_right_truncation', detail = 'At most 200 characters.';
    end if;
end
$$;

comment on function inventory._check_order(text) is 'Refuses the code of an order that is missing, empty or too long.';
