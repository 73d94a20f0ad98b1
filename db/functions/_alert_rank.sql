-- How urgent low stock is; lower is more urgent. Out of stock comes first, what sells most before the rest: minus what is sold a day. Then
-- by days of cover: for how many days what is available lasts at the sales of the last 30 whole days; without sales 1e9.
create or replace function inventory._alert_rank(in_available bigint, in_sold_30 numeric) returns double precision
language sql immutable parallel safe
return case
    when in_available <= 0 then -greatest(in_sold_30, 0) / 30
    when in_sold_30 > 0 then in_available::numeric * 30 / in_sold_30
    else 1e9
end::double precision;

comment on function inventory._alert_rank(bigint, numeric) is 'How urgent low stock is; lower is more urgent.';
