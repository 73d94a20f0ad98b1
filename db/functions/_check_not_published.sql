-- Raises SD008 while history is published for logical replication. Subscribers would be told half of letting it go: of the openings
-- that are written but not of the month that is dropped, and of events that are deleted but not that positions need them no more.
--   in_table  stock_ledger or inventory_event; a partition that is published by itself counts
create or replace function inventory._check_not_published(in_table text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_publication name := (
        select p.pubname from pg_publication_tables as p
        where p.schemaname = 'inventory' and (p.tablename = in_table or starts_with(p.tablename, in_table || '_'))
        limit 1
    );
begin
    if v_publication is not null then
        raise exception '% is published (%): letting its history go is refused', in_table, v_publication
            using errcode = 'SD008',
            hint = 'Take it out of the publication and back in within the same transaction: docs/how-to/replication-and-restore.md, "Let history go".';
    end if;
end
$$;

comment on function inventory._check_not_published(text) is 'Refuses letting go of history while it is published: subscribers would be told half of it.';
