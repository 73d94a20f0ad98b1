-- Moves what the default partition caught of a month into the month's new table. Only inventory_engine passes the guard of
-- history, so this is its function; make_ledger_months() calls it under its locks.
create or replace function inventory._move_caught_movements(in_table regclass, in_from timestamptz, in_to timestamptz)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'with caught as (
             delete from inventory.stock_ledger_default where recorded_at >= %L and recorded_at < %L returning *
         )
         insert into %s overriding system value select * from caught',
        in_from, in_to, in_table
    );
end
$$;

comment on function inventory._move_caught_movements(regclass, timestamptz, timestamptz) is
    'Moves movements from the default partition into the table of their month.';
