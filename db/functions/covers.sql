create or replace function inventory.covers("position" text, ticket text) returns boolean
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select pg_visible_in_snapshot(covers.ticket::xid8, p.snapshot)
    from inventory._parse_position(covers.position) as p
$$;

comment on function inventory.covers(text, text) is
    'Whether a reader at this position has seen everything of the transaction that drew the ticket.';
