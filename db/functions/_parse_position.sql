-- The parts of a position's text, as _format_position() writes it.
-- Raises SD001 for what is none; of a text that is very long, only the beginning is looked at. Reads nothing.
create or replace function inventory._parse_position(
    in_position text, out incarnation text, out since_us bigint, out taken_us bigint, out snapshot pg_snapshot
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text[] := regexp_match(
        left(in_position, 2000000), '^s1[.]([0-9a-f]{16})[.]([0-9]{1,18})[.]([0-9]{1,18})[.]([0-9]+:[0-9]+:[0-9,]*)$'
    );
begin
    if v_parts is null then
        raise exception 'not a position: "%"', left(in_position, 60)
            using errcode = 'SD001',
            hint = 'Use a position exactly as inventory.position() or inventory.feed_after() gave it.';
    end if;
    incarnation := v_parts[1];
    since_us := v_parts[2]::bigint;
    taken_us := v_parts[3]::bigint;
    begin
        snapshot := v_parts[4]::pg_snapshot;
    exception when data_exception then
        raise exception 'not a position: "%"', left(in_position, 60)
            using errcode = 'SD001', detail = 'Its snapshot is not one.',
            hint = 'Use a position exactly as inventory.position() or inventory.feed_after() gave it.';
    end;
end
$$;

comment on function inventory._parse_position(text) is 'The parts of a position''s text; SD001 when it is none.';
