-- Puts movements that were set aside into the ledger, as they were. Through the ledger and not into the month itself: logical
-- replication published that they left the default partition, so it must also publish where they went, and it knows nothing of a table
-- that is no partition yet.
create or replace function inventory._put_caught_movements_back(in_aside regclass) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('insert into inventory.stock_ledger_months overriding system value select * from %s', in_aside);
end
$$;

comment on function inventory._put_caught_movements_back(regclass) is 'Puts movements that were set aside into their month.';
