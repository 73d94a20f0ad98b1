-- What is left of a stock row when something was taken: exactly, and a movement more.
create or replace function inventory._take(in_left inventory.stock_left, in_numerator numeric, in_denominator numeric)
returns inventory.stock_left
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    in_left.version := in_left.version + 1;
    if in_left.denominator = in_denominator then
        in_left.numerator := in_left.numerator - in_numerator;
    else
        select f.numerator, f.denominator into in_left.numerator, in_left.denominator
        from inventory._fraction(
            in_left.numerator * in_denominator - in_numerator * in_left.denominator, in_left.denominator * in_denominator
        ) as f;
    end if;
    return in_left;
end
$$;

comment on function inventory._take(inventory.stock_left, numeric, numeric) is 'What is left of a stock row when something was taken.';
