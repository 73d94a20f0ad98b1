-- Raises what _usable_position() raises, and SD007 for a ticket that nobody has drawn yet.
create or replace function inventory.covers("position" text, ticket text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_snapshot pg_snapshot := (select p.snapshot from inventory._usable_position(covers.position) as p);
begin
    -- The type's own input takes anything for 0.
    if covers.ticket !~ '^[0-9]{1,20}$' then
        raise exception 'not a ticket: "%"', left(covers.ticket, 60)
            using errcode = 'invalid_text_representation', hint = 'Use a ticket exactly as inventory.ticket() gave it.';
    end if;
    begin
        perform pg_xact_status(covers.ticket::xid8);
    exception when invalid_parameter_value then
        raise exception 'the ticket % is from the future', covers.ticket
            using errcode = 'SD007', hint = 'Use a ticket that inventory.ticket() gave in this database.';
    end;
    return pg_visible_in_snapshot(covers.ticket::xid8, v_snapshot);
end
$$;

comment on function inventory.covers(text, text) is
    'Whether a reader at this position has seen everything of the transaction that drew the ticket.';
