-- role: inventory_owner
-- Gives every month of the ledger the replica identity that the ledger has, which PostgreSQL does not do by itself. Nothing to do
-- unless allow_logical_replication() was called.
create or replace function inventory._identify_movements() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_month record;
begin
    for v_month in
        select x.indrelid::regclass as relation, c.relname as index_name
        from pg_index as l
        cross join pg_partition_tree(l.indexrelid) as t
        join pg_index as x on x.indexrelid = t.relid
        join pg_class as c on c.oid = x.indexrelid
        where l.indrelid = 'inventory.stock_ledger'::regclass and l.indisreplident and not x.indisreplident
    loop
        execute format('alter table %s replica identity using index %I', v_month.relation, v_month.index_name);
    end loop;
end
$$;

comment on function inventory._identify_movements() is 'Passes the ledger''s replica identity on to its months.';
