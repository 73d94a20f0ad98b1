-- Refuses what is no availability. in_where says where it stood: '' or 'update 3: '. Raises 22023.
create or replace function inventory._check_availability(in_availability text, in_where text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if in_availability is null or in_availability not in ('available', 'out_of_stock', 'preorder', 'discontinued') then
        raise exception '%availability cannot be %', in_where, coalesce(quote_literal(left(in_availability, 60)), 'null')
            using errcode = 'invalid_parameter_value', hint = 'available, out_of_stock, preorder or discontinued.';
    end if;
end
$$;

comment on function inventory._check_availability(text, text) is 'Refuses what is no availability.';
