-- The one rule of what counts as low: out_of_stock with nothing available, low_stock at or below the threshold, else in_stock. Without SET,
-- so that it is taken into the statement that asks.
create or replace function inventory._stock_status(in_available numeric, in_threshold numeric) returns text
language sql immutable parallel safe
return case
    when in_available <= 0 then 'out_of_stock'
    when in_available <= in_threshold then 'low_stock'
    else 'in_stock'
end;

comment on function inventory._stock_status(numeric, numeric) is 'out_of_stock with nothing available, low_stock at or below the threshold, else in_stock.';
