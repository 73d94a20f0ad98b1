-- For how many days what was sold is kept by day: sales_days_kept, but not less than counts for what is dead stock.
create or replace function inventory._sales_days_kept() returns integer
language sql stable
return (
    select max(s.value::integer + case s.name when 'dead_stock_days' then 2 else 0 end) from inventory.settings as s
    where s.name in ('sales_days_kept', 'dead_stock_days')
);

comment on function inventory._sales_days_kept() is 'For how many days what was sold is kept by day.';
