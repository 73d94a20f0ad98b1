-- What the first units of a lot cost: value * part / whole to six decimals, halves up, exactly. What units a to b of it cost is the
-- difference of two shares, so that it does not matter in how many steps they are taken, and the last unit takes the residue.
--   in_value  from 0, six decimals;  in_part, in_whole  base units
create or replace function inventory._cost_share(in_value numeric, in_part numeric, in_whole numeric) returns numeric
language sql immutable parallel safe
return pg_catalog.div(in_value * 2000000 * in_part + in_whole, 2 * in_whole) * 0.000001;

comment on function inventory._cost_share(numeric, numeric, numeric) is 'value * part / whole to six decimals, exactly.';
