-- A fraction of whole numbers, reduced; the denominator stays above 0.
--   in_numerator    may carry zeros after the decimal point, as products of decimals do
--   in_denominator  above 0
create or replace function inventory._fraction(
    in_numerator numeric, in_denominator numeric, out numerator numeric, out denominator numeric
)
language sql immutable
return (
    pg_catalog.div(in_numerator, pg_catalog.gcd(pg_catalog.trunc(in_numerator), in_denominator)),
    pg_catalog.div(in_denominator, pg_catalog.gcd(pg_catalog.trunc(in_numerator), in_denominator))
);

comment on function inventory._fraction(numeric, numeric) is 'A fraction of whole numbers, reduced.';

-- The least common multiple of a column of denominators; 1 of none.
create or replace aggregate inventory._lcm(numeric) (sfunc = pg_catalog.lcm, stype = numeric, initcond = '1');

comment on aggregate inventory._lcm(numeric) is 'The least common multiple of denominators.';

-- The whole units in a fraction, towards minus infinity: what is left over is never negative.
create or replace function inventory._floor(in_numerator numeric, in_denominator numeric) returns numeric
language sql immutable
return pg_catalog.div(in_numerator, in_denominator)
    - case when in_numerator < 0 and pg_catalog.mod(in_numerator, in_denominator) <> 0 then 1 else 0 end;

comment on function inventory._floor(numeric, numeric) is 'The whole units in a fraction, towards minus infinity.';
