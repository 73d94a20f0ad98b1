-- Raises 40001 when the stock was truncated after the caller's snapshot was taken: PostgreSQL empties the table for everybody at once,
-- while the movements that say so are not in that snapshot. Call it after the read that it vouches for, whose lock keeps it from
-- being truncated from then on.
-- Reads: pg_class, once as it is and once as the snapshot sees it. STABLE, for that: the caller's snapshot is meant.
create or replace function inventory._check_not_truncated() returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_relation_filenode('inventory.inventory_stock')
        <> (select c.relfilenode from pg_class as c where c.oid = 'inventory.inventory_stock'::regclass)
    then
        raise exception 'the stock was truncated after the snapshot of this transaction was taken'
            using errcode = 'serialization_failure', hint = 'Run the transaction again.';
    end if;
end
$$;

comment on function inventory._check_not_truncated() is 'Raises 40001 when the stock was truncated after the snapshot was taken.';
