-- Takes what the default partition caught of a month out of it. Only inventory_engine passes the guard of history, so this is its
-- function, like the one that puts them back; make_ledger_months() calls both under its locks.
create or replace function inventory._set_caught_movements_aside(in_aside regclass, in_from timestamptz, in_to timestamptz)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'with caught as (
             delete from inventory.stock_ledger_default where recorded_at >= %L and recorded_at < %L returning *
         )
         insert into %s select * from caught',
        in_from, in_to, in_aside
    );
end
$$;

comment on function inventory._set_caught_movements_aside(regclass, timestamptz, timestamptz) is
    'Moves movements of a month out of the default partition.';
